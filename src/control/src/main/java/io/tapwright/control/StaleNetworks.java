package io.tapwright.control;

import io.tapwright.model.Mark;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.BridgePolicy;
import io.tapwright.model.plan.NetworkPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds bridges that we made for networks that the configuration no longer has, and uplinks that we attached and that it
 * no longer names. Pure but for the index, which it asks whose a port is.
 */
final class StaleNetworks {

    private final ControlSettings settings;
    private final DeviceIndex index;

    StaleNetworks(ControlSettings settings, DeviceIndex index) {
        this.settings = settings;
        this.index = index;
    }

    /** One thing to do, or not to do. */
    sealed interface Step {

        /**
         * @param bridge  what the uplink is a port of, null where of nothing any more
         * @param network for which it was attached
         */
        record Free(Link uplink, Link bridge, String network) implements Step {
        }

        /**
         * To be deleted, unless {@link #keptByAddresses} says otherwise.
         *
         * @param network for which it was made
         */
        record Delete(Link bridge, String network) implements Step {
        }

        /** A stale bridge that is still of use to somebody. */
        record Keep(String why) implements Step {
        }
    }

    /** Uplinks that carry our mark and that the configuration has no use for where they are. */
    List<Step> uplinks(List<Link> all) {
        String prefix = settings.bridges().uplinkMark("");
        List<Step> steps = new ArrayList<>();
        for (Link link : all) {
            for (String network : link.altNames().stream().filter(m -> m.startsWith(prefix))
                    .map(m -> BridgePolicy.networkOf(m.substring(prefix.length()))).distinct().toList()) {
                Link master = all.stream().filter(l -> l.index() == link.master()).findFirst().orElse(null);
                if (!isWanted(link, master, network)) {
                    steps.add(new Step.Free(link, master, network));
                }
            }
        }
        return steps;
    }

    /** One that somebody put on a bridge of theirs is for the network's own key to report, not to be taken away again. */
    private boolean isWanted(Link uplink, Link master, String networkName) {
        return settings.catalog().network(networkName)
                .filter(network -> network.uplink().filter(u -> uplink.isNamed(u.device())).isPresent())
                .filter(network -> master == null || master.isNamed(network.bridge()) || networkMarkedOn(master).isEmpty())
                .isPresent();
    }

    /** The way back of an uplink, with all that came with it. */
    HostAction detachment(Step.Free step, List<Address> onBridge, List<Route> viaBridge) {
        Link uplink = step.uplink();
        return NetworkPlan.detachment(
                uplink, step.bridge() == null ? new LinkRef(Link.NO_MASTER, uplink.name()) : step.bridge().ref(),
                step.network(), settings.bridges(), onBridge, viaBridge);
    }

    /** Bridges that we made and that no configured network has; one that a VM or anybody else still uses stays. */
    List<Step> bridges(List<Link> all) {
        List<Step> steps = new ArrayList<>();
        for (Link bridge : all) {
            networkMarkedOn(bridge).filter(name -> !isBridgeOf(bridge, name)).ifPresent(name -> {
                List<Link> ports = all.stream().filter(l -> l.master() == bridge.index()).toList();
                steps.add(usersOf(ports, settings.bridges().uplinkMark(name)).or(() -> standingOn(bridge, all))
                        .<Step>map(users -> keep(bridge, name, users))
                        .orElseGet(() -> new Step.Delete(bridge, name)));
            });
        }
        return steps;
    }

    /**
     * Whether a bridge stays for the addresses on it. A kernel before 5.18 keeps nobody's protocol of an address: where
     * none is seen, ours can't be told from others, and keep no bridge.
     *
     * @param onLoopback addresses, of which a kernel that keeps protocols says that it made them
     */
    static Optional<Step.Keep> keptByAddresses(Step.Delete step, List<Address> onBridge, List<Address> onLoopback) {
        List<String> foreign = onBridge.stream().filter(a -> !a.isOurs() && !a.isKernelMade() && !a.isFromRouter())
                .map(a -> a.prefix().toString()).toList();
        boolean telling = Stream.concat(onBridge.stream(), onLoopback.stream()).anyMatch(a -> a.protocol() != 0);
        return foreign.isEmpty() || !telling
                ? Optional.empty()
                : Optional.of(keep(step.bridge(), step.network(), "addresses that are not Tapwright's " + foreign));
    }

    private static Step.Keep keep(Link bridge, String network, String users) {
        return new Step.Keep("bridge " + bridge.name() + " was made for network '" + network
                + "', which the configuration no longer has, but carries " + users + ": left alone");
    }

    /** VLANs and the like, which the kernel would delete with the bridge. */
    private static Optional<String> standingOn(Link bridge, List<Link> all) {
        List<String> upper = all.stream().filter(l -> l.lower() == bridge.index()).map(l -> l.name().text()).toList();
        return upper.isEmpty() ? Optional.empty() : Optional.of("devices that stand on it " + upper);
    }

    private Optional<String> networkMarkedOn(Link bridge) {
        return bridge.mark()
                .filter(m -> bridge.isBridge() && m.instance().equals(settings.bridges().instance()))
                .flatMap(m -> m instanceof Mark.Bridge b ? Optional.of(b.network()) : Optional.empty());
    }

    private boolean isBridgeOf(Link bridge, String networkName) {
        return settings.catalog().network(networkName).map(Network::bridge).filter(bridge::isNamed).isPresent();
    }

    private Optional<String> usersOf(List<Link> ports, String uplinkMark) {
        List<String> foreign = ports.stream().filter(p -> index.owner(p).isEmpty() && !index.isSwitchTap(p) && p.altNames().stream().noneMatch(n -> n.startsWith(uplinkMark)))
                .map(p -> p.name().text()).toList();
        if (!foreign.isEmpty()) {
            return Optional.of("ports that are not Tapwright's " + foreign);
        }
        List<String> held = ports.stream().filter(p -> (index.owner(p).isPresent() || index.isSwitchTap(p)) && p.carrier())
                .map(p -> p.name().text()).toList();
        return held.isEmpty() ? Optional.empty() : Optional.of("taps that some process holds open " + held);
    }
}
