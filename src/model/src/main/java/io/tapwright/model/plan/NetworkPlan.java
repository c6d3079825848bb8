package io.tapwright.model.plan;

import io.tapwright.model.Mark;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import io.tapwright.model.network.Network;
import io.tapwright.model.network.Network.Uplink;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a network needs, given what the kernel has. A bridge has to exist before anything can be put on it, so a plan may
 * be the first of two: observe and plan again until there are no actions.
 */
public record NetworkPlan(List<HostAction> actions, Standing standing) {

    public NetworkPlan {
        actions = List.copyOf(actions);
    }

    public static NetworkPlan of(Network network, NetworkView seen, BridgePolicy policy) {
        return of(network, seen, policy, Optional.empty());
    }

    /**
     * @param lastMark the mark that this very bridge, by its index, was last seen with: where somebody has wiped it off
     *                 since, the bridge is still ours
     */
    public static NetworkPlan of(Network network, NetworkView seen, BridgePolicy policy, Optional<Mark> lastMark) {
        if (seen.bridge().isEmpty()) {
            return network.create()
                    ? toDo(List.of(creation(network, policy)))
                    : failed("bridge " + network.bridge() + " does not exist; create it, or set tapwright.networks."
                            + network.name() + ".create");
        }
        Link bridge = seen.bridge().get();
        if (!bridge.isBridge()) {
            return failed("device " + network.bridge() + " is no bridge but "
                    + (bridge.kind().isEmpty() ? "a physical or built-in device" : "of kind " + bridge.kind())
                    + "; name a bridge in tapwright.networks." + network.name() + ".bridge");
        }
        List<HostAction> actions = new ArrayList<>();
        boolean ours = network.create() && bridge.mark().or(() -> lastMark)
                .filter(m -> m instanceof Mark.Bridge && m.instance().equals(policy.instance())).isPresent();
        if (ours) {
            keepBridge(network, bridge, seen.bridgeAddresses(), policy, actions);
        }
        Optional<String> fault = network.uplink().flatMap(uplink -> keepUplink(network, uplink, bridge, seen, policy, actions));
        if (fault.isPresent()) {
            return new NetworkPlan(actions, Standing.failed(fault.get()));
        }
        if (!actions.isEmpty()) {
            return toDo(actions);
        }
        return !ours && network.create()
                ? new NetworkPlan(actions, Standing.ready("bridge " + bridge.name()
                        + " was there already and is not Tapwright's: its addresses, MTU and MAC address are left alone"))
                : new NetworkPlan(actions, Standing.ready());
    }

    /** The way back of an uplink, with those of the bridge's addresses and routes that came with it. */
    public static HostAction detachment(Link uplink, LinkRef bridge, String network, BridgePolicy policy,
            List<Address> onBridge, List<Route> viaBridge) {
        UplinkRecord record = UplinkRecord.of(uplink, network, policy);
        return new HostAction.DetachUplink(
                uplink.ref(), bridge, record.names(), record.goingBack(onBridge), record.goingBackOf(viaBridge));
    }

    private static HostAction creation(Network network, BridgePolicy policy) {
        return new HostAction.CreateBridge(network.bridge(), policy.macOf(network.bridge()),
                network.mtu().orElse(Network.DEFAULT_MTU), mark(network, policy));
    }

    private static String mark(Network network, BridgePolicy policy) {
        return new Mark.Bridge(policy.instance(), network.name()).text();
    }

    private static void keepBridge(Network network, Link bridge, List<Address> addresses, BridgePolicy policy,
            List<HostAction> actions) {
        LinkChange change = LinkChange.NONE;
        if (!bridge.mac().equals(Optional.of(policy.macOf(network.bridge())))) {
            change = change.mac(policy.macOf(network.bridge()));
        }
        if (network.mtu().isPresent() && network.mtu().get() != bridge.mtu()) {
            change = change.mtu(network.mtu().get());
        }
        if (!bridge.alias().equals(mark(network, policy))) {
            change = change.alias(mark(network, policy));
        }
        if (!bridge.up()) {
            change = change.up(true);
        }
        if (!change.isEmpty()) {
            actions.add(new HostAction.ChangeLink(bridge.ref(), change));
        }
        Set<Object> present = new HashSet<>();
        addresses.forEach(a -> present.add(a.prefix()));
        network.addresses().stream().filter(p -> !present.contains(p))
                .forEach(p -> actions.add(new HostAction.AddAddress(bridge.ref(), Address.ours(p))));
        addresses.stream().filter(a -> a.isOurs() && !network.addresses().contains(a.prefix()))
                .forEach(a -> actions.add(new HostAction.RemoveAddress(bridge.ref(), a)));
    }

    /** Adds what the uplink needs; answers why it can't be had. */
    private static Optional<String> keepUplink(Network network, Uplink wanted, Link bridge, NetworkView seen,
            BridgePolicy policy, List<HostAction> actions) {
        if (seen.uplink().isEmpty()) {
            return Optional.of("uplink " + wanted.device() + " does not exist; plug it in, or correct tapwright.networks."
                    + network.name() + ".uplink.device");
        }
        Link uplink = seen.uplink().get();
        boolean attached = uplink.master() == bridge.index();
        if (!attached && uplink.master() != Link.NO_MASTER) {
            return Optional.of("uplink " + uplink.name() + " is a port of another device (index " + uplink.master()
                    + ") already; take it out there first");
        }
        List<Address> addresses = seen.uplinkAddresses().stream().filter(a -> !a.isKernelMade()).toList();
        if (!addresses.isEmpty() && !wanted.moveAddresses()) {
            return Optional.of("uplink " + uplink.name() + " carries " + addresses.stream().map(Address::prefix).toList()
                    + ", which would be dead on a bridge's port; remove them, or set tapwright.networks." + network.name()
                    + ".uplink.move-addresses to move them to bridge " + bridge.name());
        }
        if (!attached || !addresses.isEmpty()) {
            List<Route> routes = wanted.moveAddresses()
                    ? seen.uplinkRoutes().stream().filter(r -> !r.isKernelMade()).toList()
                    : List.of();
            List<String> names = UplinkRecord.of(uplink, network.name(), policy)
                    .namesFor(addresses, routes, network.name(), policy);
            actions.add(new HostAction.AttachUplink(uplink.ref(), bridge.ref(), names, addresses, routes));
        } else if (!uplink.up()) {
            actions.add(new HostAction.ChangeLink(uplink.ref(), LinkChange.NONE.up(true)));
        }
        return Optional.empty();
    }

    private static NetworkPlan toDo(List<HostAction> actions) {
        return new NetworkPlan(actions,
                Standing.pending("to do: " + String.join("; ", actions.stream().map(HostAction::toString).toList())));
    }

    private static NetworkPlan failed(String reason) {
        return new NetworkPlan(List.of(), Standing.failed(reason));
    }
}
