package io.tapwright.control;

import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.BridgePolicy;
import io.tapwright.model.plan.NetworkPlan;
import io.tapwright.model.plan.NetworkView;
import io.tapwright.model.plan.Standing;
import io.tapwright.model.status.NicState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Brings a network's bridge and uplink to where they should be. Any worker; one at a time for each network, since the
 * network's own key and every NIC that misses the bridge come here.
 *
 * <p>Does not note in the index what it reads: that a bridge has changed must be news to the monitor, which tells
 * everybody on it.
 */
final class NetworkKeeper {

    /** The bridge first, then what stands on it, then the read that finds nothing to do; one for a surprise. */
    private static final int PASSES = 4;

    private final HostNetwork host;
    private final Actor actor;
    private final BridgePolicy policy;
    private final DeviceIndex index;
    private final Fights fights;
    private final ControlListener listener;
    private final Map<String, Object> locks = new ConcurrentHashMap<>();

    NetworkKeeper(HostNetwork host, Actor actor, BridgePolicy policy, DeviceIndex index, Fights fights,
            ControlListener listener) {
        this.host = host;
        this.actor = actor;
        this.policy = policy;
        this.index = index;
        this.fights = fights;
        this.listener = listener;
    }

    /** Where a network stands, and what is to become of its key. */
    record Finding(Standing standing, Outcome outcome) {
    }

    Finding keep(Network network) {
        synchronized (locks.computeIfAbsent(network.name(), name -> new Object())) {
            try {
                return converge(network);
            } catch (HostNetworkException e) {
                return new Finding(Standing.failed(e.getMessage()), Outcome.FAILED);
            }
        }
    }

    private Finding converge(Network network) {
        Optional<HostNetworkException> last = Optional.empty();
        for (int pass = 0; pass < PASSES; pass++) {
            NetworkView seen = observe(network);
            NetworkPlan plan = NetworkPlan.of(network, seen, policy, seen.bridge().flatMap(b -> index.lastMark(b.index())));
            if (plan.actions().isEmpty()) {
                if (plan.standing().state() == NicState.FAILED) {
                    return new Finding(plan.standing(), Outcome.WAITING);
                }
                fights.stands(network.bridge(), network);
                return new Finding(plan.standing(), Outcome.DONE);
            }
            if (actor.isDryRun()) {
                return new Finding(Standing.pending("dry run: would " + NicWiring.sentence(plan.actions())), Outcome.DONE);
            }
            Optional<Duration> pause = fights.pause(network.bridge(), network);
            if (pause.isPresent()) {
                return new Finding(Standing.failed(Actor.truce("bridge " + network.bridge())),
                        new Outcome.LookAgain(pause.get()));
            }
            if (fights.stoodAs(network.bridge()).filter(network::equals).isPresent()) {
                Drift.kinds(plan.actions()).forEach(
                        kind -> listener.drifted("network '" + network.name() + "'", network.bridge().text(), kind));
            }
            last = actor.attempt(plan.actions(), Actor::meansOutdatedView);
            if (last.isEmpty()) {
                fights.broughtAbout(network.bridge(), network);
            }
        }
        return new Finding(Standing.failed(Actor.unsettled("bridge " + network.bridge(), last)), Outcome.FAILED);
    }

    private NetworkView observe(Network network) {
        Optional<Link> bridge = host.link(network.bridge());
        Optional<Link> uplink = network.uplink().flatMap(u -> host.link(u.device()));
        return new NetworkView(bridge,
                bridge.map(b -> host.addresses(b.ref())).orElse(List.of()),
                uplink,
                uplink.map(u -> host.addresses(u.ref())).orElse(List.of()),
                uplink.map(u -> host.routes(u.ref())).orElse(List.of()));
    }
}
