package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.NicId;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredPort.TapPort;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.model.userspace.UserspaceSwitch;
import io.tapwright.model.userspace.UserspaceSwitchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * What the switch in user space is to have, and what it said it has. What it has without anybody's wish, after a restart
 * of the agent's say, stays until it is known that nobody wants it: unknown is not gone. A port whose peer still speaks is
 * never taken away.
 *
 * <p>Any thread; guarded by its own monitor, which is held towards the switch's port too, so that wishes reach it in order.
 */
final class SwitchPorts implements UserspaceSwitchListener {

    private static final String UPLINK = "uplink";

    /** Below the hook's own deadline, so that the hook hears the reason. */
    static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final Duration RETRY = Duration.ofSeconds(5);

    private final UserspaceSwitch remote;
    private final Set<String> networks;
    private final Duration patience;
    private final boolean dryRun;
    private final WorkQueue<Key> queue;
    private final ControlListener listener;
    private final Map<NicId, Plug> plugs = new LinkedHashMap<>();
    private final Map<String, TapPort> uplinks = new TreeMap<>();
    private final List<Settling> settling = new ArrayList<>();
    /** What the switch has said that it has, by {@link #name}; empty while it can't be reached, or has not answered yet. */
    private Map<String, DesiredPort> confirmed = Map.of();
    private Map<String, PortState> states = Map.of();
    private boolean reachable;
    private String trouble = "not connected yet";
    /** What was asked of the switch last, and whether something else is wanted by now. */
    private DesiredSwitch asked;
    private boolean outdated = true;

    /** A NIC's port. @param wanted false for one that goes once its peer is gone */
    private record Plug(String network, VhostUserPort port, boolean wanted) {
    }

    private record Settling(DomainId domain, CompletableFuture<Boolean> done) {
    }

    /** @param networks those that have a switch in user space */
    SwitchPorts(UserspaceSwitch remote, Set<String> networks, Duration patience, boolean dryRun, WorkQueue<Key> queue,
            ControlListener listener) {
        this.remote = remote;
        this.networks = networks;
        this.patience = patience;
        this.dryRun = dryRun;
        this.queue = queue;
        this.listener = listener;
    }

    /** How a NIC's port stands. */
    sealed interface Finding {

        /** The switch has it. */
        record Is(PortState state) implements Finding {
        }

        /** The switch may have it, or not. */
        record Unknown(String reason) implements Finding {
        }

        /** Its socket is that of another NIC. */
        record Taken(NicId by) implements Finding {
        }
    }

    // What the workers say

    /** Has the switch have this port. */
    synchronized Finding plug(NicId nic, String network, VhostUserPort port) {
        Plug wish = new Plug(network, port, true);
        if (wish.equals(plugs.get(nic))) {
            submit();
            return finding(network, port);
        }
        Optional<NicId> other = plugs.entrySet().stream()
                .filter(e -> !e.getKey().equals(nic) && e.getValue().wanted && e.getValue().port.socket().equals(port.socket()))
                .map(Map.Entry::getKey).findFirst();
        if (other.isPresent()) {
            return new Finding.Taken(other.get());
        }
        plugs.entrySet().removeIf(e -> !e.getKey().equals(nic) && e.getValue().port.socket().equals(port.socket()));
        plugs.put(nic, wish);
        outdated = true;
        submit();
        return finding(network, port);
    }

    /**
     * Takes away the ports of a domain's NICs but for those of {@code kept}.
     *
     * @return whether one has to stay for now
     */
    synchronized boolean retain(DomainId domain, Set<NicId> kept) {
        boolean stays = false;
        for (Map.Entry<NicId, Plug> entry : List.copyOf(plugs.entrySet())) {
            if (entry.getKey().domain().equals(domain) && !kept.contains(entry.getKey())) {
                Plug plug = entry.getValue();
                if (mayHavePeer(plug)) {
                    plugs.put(entry.getKey(), new Plug(plug.network, plug.port, false));
                    stays = true;
                } else {
                    plugs.remove(entry.getKey());
                    outdated = true;
                }
            }
        }
        submit();
        return stays;
    }

    /** Has the switch have the network's tap, which is there. */
    synchronized Finding uplink(String network, InterfaceName device, int mtu) {
        TapPort port = new TapPort(UPLINK, device, mtu);
        if (!port.equals(uplinks.put(network, port))) {
            outdated = true;
        }
        submit();
        return finding(network, port);
    }

    // What others ask

    /** Domains that have a port, wanted or not. */
    synchronized Set<DomainId> domains() {
        return plugs.keySet().stream().map(NicId::domain).collect(Collectors.toSet());
    }

    synchronized boolean isReachable() {
        return reachable;
    }

    /** Empty where the switch has the port of each of these NICs, or of a dry run; else why not. */
    synchronized Optional<String> missing(NicId nic) {
        Plug plug = plugs.get(nic);
        if (dryRun || plug == null) {
            return Optional.empty();
        }
        return finding(plug.network, plug.port) instanceof Finding.Unknown(String reason) ? Optional.of(reason) : Optional.empty();
    }

    /** Completes once the switch has answered for all of the domain's ports, or has had time enough; true where it was not at once. */
    synchronized CompletableFuture<Boolean> settled(DomainId domain) {
        if (isSettled(domain)) {
            return CompletableFuture.completedFuture(false);
        }
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        Settling one = new Settling(domain, done);
        settling.add(one);
        return done.completeOnTimeout(true, patience.toMillis(), TimeUnit.MILLISECONDS).whenComplete((any, failure) -> {
            synchronized (this) {
                settling.remove(one);
            }
        });
    }

    // What the switch says

    @Override
    public void onConnected(DesiredSwitch held, SwitchState state) {
        synchronized (this) {
            reachable = true;
            trouble = "";
            confirmed = Map.of();
            outdated = true;
            states = byName(state);
            adopt(held);
            submit();
        }
        listener.switchChanged(true, "");
        lookAtEverything();
        queue.add(new Key.Sweep());
    }

    @Override
    public void onState(SwitchState state) {
        Map<String, PortState> before;
        synchronized (this) {
            before = states;
            states = byName(state);
        }
        Set<String> names = new HashSet<>(before.keySet());
        names.addAll(states.keySet());
        for (String name : names) {
            PortState was = before.get(name);
            PortState is = states.get(name);
            if (was == null || is == null || !was.saysTheSameAs(is)) {
                lookAt(was == null ? is : was);
            }
        }
    }

    @Override
    public void onLost(String reason) {
        synchronized (this) {
            reachable = false;
            trouble = reason;
            confirmed = Map.of();
            asked = null;
        }
        listener.switchChanged(false, reason);
        lookAtEverything();
    }

    private void onAnswer(DesiredSwitch desired, SwitchState state, Throwable failure) {
        List<CompletableFuture<Boolean>> done = new ArrayList<>();
        Map<String, DesiredPort> before;
        Map<String, DesiredPort> now = new HashMap<>();
        synchronized (this) {
            if (desired != asked) {
                return; // of a connection that is gone, or overtaken by a later wish
            }
            before = confirmed;
            if (failure != null) {
                onRefusal(failure);
                return;
            }
            desired.networks().forEach(n -> n.ports().forEach(port -> now.put(name(n.name(), port.name()), port)));
            trouble = "";
            confirmed = now;
            states = byName(state);
            settling.stream().filter(one -> isSettled(one.domain)).forEach(one -> done.add(one.done));
        }
        done.forEach(one -> one.complete(true));
        state.ports().stream().filter(port -> now.get(nameOf(port)) instanceof DesiredPort has
                && !has.equals(before.get(nameOf(port)))).forEach(this::lookAt);
    }

    // With the monitor held

    /** What the switch holds that nobody has asked for stays, unasked for, until its domain is looked at. */
    private void adopt(DesiredSwitch held) {
        Set<Object> sockets = plugs.values().stream().map(plug -> plug.port.socket()).collect(Collectors.toSet());
        for (DesiredNetwork network : held.networks()) {
            for (DesiredPort port : network.ports()) {
                if (port instanceof VhostUserPort vhost) {
                    nicNamed(port.name()).filter(nic -> !plugs.containsKey(nic) && sockets.add(vhost.socket()))
                            .ifPresent(nic -> plugs.put(nic, new Plug(network.name(), vhost, false)));
                } else if (port instanceof TapPort tap && port.name().equals(UPLINK) && networks.contains(network.name())) {
                    uplinks.putIfAbsent(network.name(), tap);
                }
            }
        }
    }

    private void submit() {
        if (dryRun || !reachable || !outdated) {
            return;
        }
        DesiredSwitch desired = desired();
        asked = desired;
        outdated = false;
        remote.apply(desired).whenComplete((state, failure) -> onAnswer(desired, state, failure));
    }

    /** Where it is still there, it is asked once more after a while. */
    private void onRefusal(Throwable failure) {
        if (reachable) {
            trouble = failure.getMessage();
            outdated = true;
            domains().forEach(domain -> queue.addAfter(new Key.Domain(domain), RETRY));
            uplinks.keySet().forEach(network -> queue.addAfter(new Key.Network(network), RETRY));
        }
    }

    private DesiredSwitch desired() {
        Map<String, List<DesiredPort>> ports = new TreeMap<>();
        uplinks.forEach((network, tap) -> ports.computeIfAbsent(network, n -> new ArrayList<>()).add(tap));
        plugs.forEach((nic, plug) -> ports.computeIfAbsent(plug.network, n -> new ArrayList<>()).add(plug.port));
        return new DesiredSwitch(ports.entrySet().stream().map(e -> new DesiredNetwork(e.getKey(), e.getValue())).toList());
    }

    private Finding finding(String network, DesiredPort port) {
        if (dryRun) {
            return new Finding.Unknown("dry run: would plug it into the switch in user space");
        }
        if (!reachable) {
            return new Finding.Unknown("the switch in user space is not reachable: " + trouble);
        }
        PortState state = states.get(name(network, port.name()));
        return port.equals(confirmed.get(name(network, port.name()))) && state != null
                ? new Finding.Is(state)
                : new Finding.Unknown("the switch in user space does not have its port yet" + (trouble.isEmpty() ? "" : ": " + trouble));
    }

    private boolean mayHavePeer(Plug plug) {
        if (dryRun) {
            return false;
        }
        PortState state = states.get(name(plug.network, plug.port.name()));
        return !reachable || state != null && (state.status() == PortStatus.CONNECTED || state.status() == PortStatus.RUNNING);
    }

    private boolean isSettled(DomainId domain) {
        return plugs.entrySet().stream().filter(e -> e.getKey().domain().equals(domain) && e.getValue().wanted)
                .allMatch(e -> missing(e.getKey()).isEmpty());
    }

    // Without

    private void lookAtEverything() {
        Set<DomainId> domains;
        synchronized (this) {
            domains = domains();
        }
        domains.forEach(domain -> queue.add(new Key.Domain(domain)));
        networks.forEach(network -> queue.add(new Key.Network(network)));
    }

    private void lookAt(PortState port) {
        nicNamed(port.port()).ifPresentOrElse(nic -> queue.add(new Key.Domain(nic.domain())), () -> {
            if (networks.contains(port.network())) {
                queue.add(new Key.Network(port.network()));
            }
        });
    }

    private static Map<String, PortState> byName(SwitchState state) {
        return state.ports().stream().collect(Collectors.toMap(SwitchPorts::nameOf, p -> p, (a, b) -> b, HashMap::new));
    }

    /** No network's name has a line break. */
    private static String name(String network, String port) {
        return network + "\n" + port;
    }

    private static String nameOf(PortState port) {
        return name(port.network(), port.port());
    }

    /** The way back from {@link NicId#toString}, which names a NIC's port. */
    private static Optional<NicId> nicNamed(String port) {
        int slash = port.indexOf('/');
        try {
            return slash < 0 ? Optional.empty()
                    : Optional.of(new NicId(DomainId.of(port.substring(0, slash)), new MacAddress(port.substring(slash + 1))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
