package io.tapwright.control;

import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.BridgePolicy;
import io.tapwright.model.plan.NetworkPlan;
import io.tapwright.model.plan.NetworkView;
import io.tapwright.model.plan.Standing;
import java.util.List;
import java.util.Optional;

/** Brings a network's bridge and uplink to where they should be. Stateless; any worker. */
final class NetworkKeeper {

    /** The bridge first, then what stands on it, then the read that finds nothing to do. */
    private static final int PASSES = 4;

    private final HostNetwork host;
    private final Actor actor;
    private final BridgePolicy policy;
    private final DeviceIndex index;

    NetworkKeeper(HostNetwork host, Actor actor, BridgePolicy policy, DeviceIndex index) {
        this.host = host;
        this.actor = actor;
        this.policy = policy;
        this.index = index;
    }

    Standing keep(Network network) {
        try {
            for (int pass = 0; pass < PASSES; pass++) {
                NetworkPlan plan = NetworkPlan.of(network, observe(network), policy);
                if (plan.actions().isEmpty()) {
                    return plan.standing();
                }
                if (actor.isDryRun()) {
                    return Standing.pending("dry run: would " + NicWiring.sentence(plan.actions()));
                }
                attempt(plan.actions());
            }
            return Standing.failed("bridge " + network.bridge() + " keeps changing under us: somebody else is configuring it too");
        } catch (HostNetworkException e) {
            return Standing.failed(e.getMessage());
        }
    }

    private void attempt(List<HostAction> actions) {
        for (HostAction action : actions) {
            try {
                actor.apply(action);
            } catch (HostNetworkException e) {
                if (!Actor.meansOutdatedView(e)) {
                    throw e;
                }
                return;
            }
        }
    }

    private NetworkView observe(Network network) {
        Optional<Link> bridge = host.link(network.bridge());
        bridge.ifPresent(index::note);
        Optional<Link> uplink = network.uplink().flatMap(u -> host.link(u.device()));
        uplink.ifPresent(index::note);
        return new NetworkView(bridge,
                bridge.map(b -> host.addresses(b.ref())).orElse(List.of()),
                uplink,
                uplink.map(u -> host.addresses(u.ref())).orElse(List.of()),
                uplink.map(u -> host.routes(u.ref())).orElse(List.of()));
    }
}
