package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.MacAddress;
import io.tapwright.model.NicId;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredPort.TapPort;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.DesiredSwitch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The ports that the switch in user space is to have: those that somebody wants, and those that nobody wants but that can't
 * go yet. Guarded by its owner, {@link SwitchPorts}.
 */
final class SwitchWishes {

    /** The name of the port of a network's tap; a NIC's port is named by its {@link NicId}. */
    static final String UPLINK = "uplink";

    private final Map<NicId, Plug> plugs = new LinkedHashMap<>();
    private final Map<String, TapPort> uplinks = new TreeMap<>();

    /** A NIC's port. @param wanted false for one that goes as soon as it can */
    record Plug(String network, VhostUserPort port, boolean wanted) {
    }

    /** The NIC that wants the socket for itself, if another does. */
    Optional<NicId> otherAt(VhostUserPort port, NicId nic) {
        return plugs.entrySet().stream()
                .filter(e -> !e.getKey().equals(nic) && e.getValue().wanted && e.getValue().port.socket().equals(port.socket()))
                .map(Map.Entry::getKey).findFirst();
    }

    /** @return whether that is news; what nobody wants gives way to it */
    boolean plug(NicId nic, Plug wish) {
        if (wish.equals(plugs.get(nic))) {
            return false;
        }
        plugs.entrySet().removeIf(e -> !e.getKey().equals(nic) && e.getValue().port.socket().equals(wish.port.socket()));
        plugs.put(nic, wish);
        return true;
    }

    boolean uplink(String network, TapPort tap) {
        return !tap.equals(uplinks.put(network, tap));
    }

    /** What became of taking a domain's ports away. */
    record Removal(boolean removedAny, boolean keptAny) {
    }

    /** Takes away the ports of a domain's NICs but for those of {@code kept}, and for now those that can't go. */
    Removal retain(DomainId domain, Set<NicId> kept, Predicate<Plug> hasToStay) {
        boolean removed = false;
        boolean stays = false;
        for (Map.Entry<NicId, Plug> entry : List.copyOf(plugs.entrySet())) {
            if (!entry.getKey().domain().equals(domain) || kept.contains(entry.getKey())) {
                continue;
            }
            Plug plug = entry.getValue();
            if (hasToStay.test(plug)) {
                plugs.put(entry.getKey(), new Plug(plug.network, plug.port, false));
                stays = true;
            } else {
                plugs.remove(entry.getKey());
                removed = true;
            }
        }
        return new Removal(removed, stays);
    }

    /** What the switch holds that nobody has asked for stays, unasked for, until its domain is looked at. */
    void adopt(DesiredSwitch held, Set<String> networks) {
        Set<Object> sockets = plugs.values().stream().map(plug -> plug.port.socket()).collect(Collectors.toSet());
        for (DesiredNetwork network : held.networks()) {
            for (DesiredPort port : network.ports()) {
                switch (port) {
                    case VhostUserPort vhost -> nicNamed(vhost.name())
                            .filter(nic -> !plugs.containsKey(nic) && sockets.add(vhost.socket()))
                            .ifPresent(nic -> plugs.put(nic, new Plug(network.name(), vhost, false)));
                    case TapPort tap -> {
                        if (tap.name().equals(UPLINK) && networks.contains(network.name())) {
                            uplinks.putIfAbsent(network.name(), tap);
                        }
                    }
                }
            }
        }
    }

    /** Empty where the NIC has none. */
    Optional<Plug> of(NicId nic) {
        return Optional.ofNullable(plugs.get(nic));
    }

    /** The wanted ports of a domain's NICs. */
    List<Plug> wantedOf(DomainId domain) {
        return plugs.entrySet().stream().filter(e -> e.getKey().domain().equals(domain) && e.getValue().wanted)
                .map(Map.Entry::getValue).toList();
    }

    /** Domains that have a port, wanted or not. */
    Set<DomainId> domains() {
        return plugs.keySet().stream().map(NicId::domain).collect(Collectors.toSet());
    }

    DesiredSwitch asDesired() {
        Map<String, List<DesiredPort>> ports = new TreeMap<>();
        uplinks.forEach((network, tap) -> ports.computeIfAbsent(network, n -> new ArrayList<>()).add(tap));
        plugs.values().forEach(plug -> ports.computeIfAbsent(plug.network, n -> new ArrayList<>()).add(plug.port));
        return new DesiredSwitch(ports.entrySet().stream().map(e -> new DesiredNetwork(e.getKey(), e.getValue())).toList());
    }

    /** The way back from {@link NicId#toString}. */
    static Optional<NicId> nicNamed(String port) {
        int slash = port.indexOf('/');
        try {
            return slash < 0 ? Optional.empty()
                    : Optional.of(new NicId(DomainId.of(port.substring(0, slash)), new MacAddress(port.substring(slash + 1))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
