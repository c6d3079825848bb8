package io.tapwright.control;

import io.tapwright.control.StatusBoard.NicFinding;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.NicId;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.DesiredNic;
import io.tapwright.model.plan.Standing;
import io.tapwright.model.plan.TapPlan;
import io.tapwright.model.plan.TapPolicy;
import io.tapwright.model.status.NicState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings the NICs of one domain to where they should be: observe, plan, apply, until a read finds nothing more to do.
 * Made for one pass over one domain, on one thread; a bridge is read once in it.
 *
 * <p>Notes in the index what it reads of the domain's own taps, whose changes are its own doing or dealt with here and
 * now; nothing else, since a change of a bridge or of another domain's tap must still be news to the monitor.
 */
final class NicWiring {

    /** One pass to do it, one to put right what changed meanwhile; more is a fight over the device. */
    private static final int PASSES = 3;

    private final HostNetwork host;
    private final Actor actor;
    private final TapPolicy policy;
    private final DeviceIndex index;
    private final NetworkKeeper networks;
    private final Map<NicId, LinkRef> strays;
    private final Map<InterfaceName, BridgeView> bridges = new HashMap<>();

    /**
     * @param inMaking why the bridge, which is ours to make, is not there all the same
     */
    private record BridgeView(Optional<Link> link, Optional<NetworkKeeper.Finding> inMaking) {
    }

    private record Wiring(Standing standing, Outcome outcome) {
    }

    /** @param strays taps that were given another name while some process holds them, by the NIC that misses them */
    NicWiring(HostNetwork host, Actor actor, TapPolicy policy, DeviceIndex index, NetworkKeeper networks,
            Map<NicId, LinkRef> strays) {
        this.host = host;
        this.actor = actor;
        this.policy = policy;
        this.index = index;
        this.networks = networks;
        this.strays = strays;
    }

    /** Throws nothing that comes of the kernel: what goes wrong with a NIC is where that NIC stands. */
    NicFinding wire(DesiredNic nic) {
        return switch (nic) {
            case DesiredNic.Tap tap -> wire(tap);
            case DesiredNic.Refused refused -> new NicFinding(refused, refused.spec().target().orElse(null), null, null,
                    Standing.failed(refused.reason()), Outcome.DONE);
            case DesiredNic.Deferred deferred -> new NicFinding(deferred, deferred.spec().target().orElse(null), null, null,
                    Standing.pending(deferred.reason()), Outcome.DONE);
            case DesiredNic.Observed observed -> observe(observed);
        };
    }

    private NicFinding wire(DesiredNic.Tap nic) {
        Wiring wiring;
        try {
            wiring = converge(nic);
        } catch (HostNetworkException e) {
            wiring = new Wiring(Standing.failed(e.getMessage()), Outcome.FAILED);
        }
        String device = strays.containsKey(nic.id()) ? strays.get(nic.id()).name().text() : nic.device().text();
        return new NicFinding(nic, device, nic.network().name(), nic.network().bridge().text(),
                wiring.standing(), wiring.outcome());
    }

    private Wiring converge(DesiredNic.Tap nic) {
        Optional<HostNetworkException> last = Optional.empty();
        for (int pass = 0; pass < PASSES; pass++) {
            Optional<Link> tap = tapOf(nic);
            BridgeView bridge = bridge(nic.network());
            TapPlan plan = TapPlan.of(nic, tap, bridge.link(), policy, tap.flatMap(t -> index.lastMark(t.index())));
            if (plan.actions().isEmpty()) {
                return settled(nic, tap, bridge, plan.standing());
            }
            if (actor.isDryRun()) {
                return new Wiring(Standing.pending("dry run: would " + sentence(plan.actions())), Outcome.DONE);
            }
            last = attempt(plan.actions(), nic.network());
        }
        return new Wiring(Standing.failed(Actor.fight("tap " + nic.device(), last)), Outcome.FAILED);
    }

    private Optional<Link> tapOf(DesiredNic.Tap nic) {
        LinkRef stray = strays.get(nic.id());
        Optional<Link> tap = stray == null ? host.link(nic.device()) : host.link(stray.index());
        tap.filter(t -> index.owner(t).filter(nic.id().domain()::equals).isPresent()).ifPresent(index::note);
        return tap;
    }

    private Wiring settled(DesiredNic.Tap nic, Optional<Link> tap, BridgeView bridge, Standing standing) {
        if (bridge.link().isEmpty() && bridge.inMaking().isPresent()) {
            NetworkKeeper.Finding making = bridge.inMaking().get();
            String reason = "bridge " + nic.network().bridge() + " of network '" + nic.network().name() + "' does not exist: "
                    + making.standing().reason().orElse("it was made and is gone again");
            return new Wiring(new Standing(making.standing().state() == NicState.PENDING ? NicState.PENDING : NicState.FAILED,
                    Optional.of(reason)), making.outcome());
        }
        if (strays.containsKey(nic.id())) {
            return new Wiring(Standing.failed("tap " + nic.device() + " was renamed to " + tap.orElseThrow().name()
                    + " by somebody while the VM holds it; rename it back with: ip link set dev " + tap.get().name()
                    + " name " + nic.device()), Outcome.WAITING);
        }
        return new Wiring(standing, standing.state() == NicState.FAILED ? Outcome.WAITING : Outcome.DONE);
    }

    /** The refusal that means that the plan was made on a view that is out of date by now, so observe again. */
    private Optional<HostNetworkException> attempt(List<HostAction> actions, Network network) {
        for (HostAction action : actions) {
            try {
                actor.apply(action);
            } catch (HostNetworkException e) {
                if (!Actor.meansOutdatedView(e) && !isAnotherBridgeNow(network)) {
                    throw e;
                }
                bridges.clear();
                return Optional.of(e);
            }
        }
        return Optional.empty();
    }

    /** Attaching to a bridge that went meanwhile is refused with no better word than EINVAL. */
    private boolean isAnotherBridgeNow(Network network) {
        return !host.link(network.bridge()).map(Link::index).equals(bridge(network).link().map(Link::index));
    }

    private NicFinding observe(DesiredNic.Observed nic) {
        String device = nic.live() ? nic.spec().target().orElse(null) : null;
        try {
            Optional<Link> link = device == null || InterfaceName.fault(device) != null
                    ? Optional.empty()
                    : host.link(new InterfaceName(device));
            String bridge = link.filter(l -> l.master() != Link.NO_MASTER)
                    .flatMap(l -> host.link(l.master()))
                    .map(l -> l.name().text())
                    .orElse(nic.spec().type().equals("bridge") ? nic.spec().source().orElse(null) : null);
            return new NicFinding(nic, device, null, bridge, Standing.observed(Optional.empty()), Outcome.DONE);
        } catch (HostNetworkException e) {
            return new NicFinding(nic, device, null, null, Standing.observed(Optional.of(e.getMessage())), Outcome.DONE);
        }
    }

    /** The network's bridge; one that is ours to make is made now, since a VM may be waiting for it. */
    private BridgeView bridge(Network network) {
        return bridges.computeIfAbsent(network.bridge(), name -> {
            Optional<Link> link = host.link(name);
            if (link.isPresent() || !network.create()) {
                return new BridgeView(link, Optional.empty());
            }
            NetworkKeeper.Finding making = networks.keep(network);
            return new BridgeView(host.link(name), Optional.of(making));
        });
    }

    static String sentence(List<HostAction> actions) {
        return String.join("; ", actions.stream().map(HostAction::toString).toList());
    }
}
