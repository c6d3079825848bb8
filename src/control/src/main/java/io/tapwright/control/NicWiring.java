package io.tapwright.control;

import io.tapwright.control.StatusBoard.NicFinding;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.NicId;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetwork.Detail;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.DesiredNic;
import io.tapwright.model.plan.Standing;
import io.tapwright.model.plan.TapPlan;
import io.tapwright.model.plan.TapPolicy;
import io.tapwright.model.status.NicState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

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
    private final Fights fights;
    private final Disposal disposal;
    private final Map<NicId, LinkRef> strays;
    private final VhostWiring vhostWiring;
    private final ControlListener listener;
    private final Map<InterfaceName, BridgeView> bridges = new HashMap<>();

    /**
     * @param inMaking why the bridge, which is ours to make, is not there all the same
     */
    private record BridgeView(Optional<Link> link, Optional<NetworkKeeper.Finding> inMaking) {
    }

    private record Wanted(DesiredNic.Tap nic, Optional<Integer> bridge) {
    }

    private record Wiring(Standing standing, Outcome outcome) {
    }

    /** @param strays taps that were given another name while some process holds them, by the NIC that misses them */
    NicWiring(HostNetwork host, Actor actor, TapPolicy policy, DeviceIndex index, NetworkKeeper networks,
            Fights fights, Disposal disposal, Map<NicId, LinkRef> strays, VhostWiring vhostWiring,
            ControlListener listener) {
        this.host = host;
        this.actor = actor;
        this.policy = policy;
        this.index = index;
        this.networks = networks;
        this.fights = fights;
        this.disposal = disposal;
        this.strays = new HashMap<>(strays);
        this.vhostWiring = vhostWiring;
        this.listener = listener;
    }

    /** Throws nothing that comes of the kernel: what goes wrong with a NIC is where that NIC stands. */
    NicFinding wire(DesiredNic nic) {
        return switch (nic) {
            case DesiredNic.Tap tap -> wire(tap);
            case DesiredNic.VhostUser vhost -> vhostWiring.wire(vhost);
            case DesiredNic.Refused refused -> new NicFinding(refused, refused.spec().target().orElse(null), null, null,
                    Standing.failed(refused.reason()), Outcome.DONE);
            case DesiredNic.Deferred deferred -> new NicFinding(deferred, deferred.spec().target().orElse(null), null, null,
                    Standing.pending(deferred.reason()), Outcome.DONE);
            case DesiredNic.Observed observed -> observe(observed);
        };
    }

    private NicFinding wire(DesiredNic.Tap nic) {
        Wiring wiring;
        disposal.spare(nic.device());
        try {
            wiring = converge(nic);
        } catch (HostNetworkException e) {
            wiring = new Wiring(Standing.failed(e.getMessage() + explanation(e, nic.network())), Outcome.FAILED);
        }
        String device = strays.containsKey(nic.id()) ? strays.get(nic.id()).name().text() : nic.device().text();
        return new NicFinding(nic, device, nic.network().name(), nic.network().bridge().text(),
                wiring.standing(), wiring.outcome());
    }

    private String explanation(HostNetworkException refusal, Network network) {
        if (!refusal.errno().equals(Errno.EXFULL)) {
            return "";
        }
        int bridge = bridge(network).link().map(Link::index).orElse(Link.NO_MASTER);
        long ports = host.links(Detail.STATE).stream().filter(link -> link.master() == bridge).count();
        return "; bridge " + network.bridge() + " has " + ports + " ports, and the kernel takes " + Network.MOST_PORTS
                + " at most: put NICs on a network with another bridge";
    }

    private Wiring converge(DesiredNic.Tap nic) {
        Optional<HostNetworkException> last = Optional.empty();
        for (int pass = 0; pass < PASSES; pass++) {
            Optional<Link> tap = tapOf(nic);
            BridgeView bridge = bridge(nic.network());
            TapPlan plan = TapPlan.of(nic, tap, bridge.link(), policy, tap.flatMap(t -> index.lastMark(t.index())));
            List<HostAction> actions = withName(nic, plan.actions());
            Wanted wanted = new Wanted(nic, bridge.link().map(Link::index));
            if (actions.isEmpty()) {
                if (isAsWanted(nic, plan.standing())) {
                    fights.stands(nic.device(), wanted);
                }
                return settled(nic, bridge, plan.standing());
            }
            if (actor.isDryRun()) {
                return new Wiring(Standing.pending("dry run: would " + sentence(actions)), Outcome.DONE);
            }
            Optional<Duration> pause = fights.pause(nic.device(), wanted);
            if (pause.isPresent()) {
                return new Wiring(Standing.failed(Actor.truce("tap " + nic.device())),
                        new Outcome.LookAgain(pause.get()));
            }
            tellDrift(nic, actions);
            last = actor.attempt(actions, e -> Actor.meansOutdatedView(e) || isAnotherBridgeNow(nic.network()));
            if (last.isEmpty()) {
                strays.remove(nic.id());
                fights.broughtAbout(nic.device(), wanted);
            } else {
                bridges.clear();
            }
        }
        return new Wiring(Standing.failed(Actor.unsettled("tap " + nic.device(), last)), Outcome.FAILED);
    }

    /** Nothing can be done either to a tap that has failed, or that some process still holds though its VM is off. */
    private static boolean isAsWanted(DesiredNic.Tap nic, Standing standing) {
        return switch (standing.state()) {
            case READY, WIRED, OBSERVED -> true;
            case PENDING -> nic.attached();
            case FAILED -> false;
        };
    }

    /** A tap that was given another name gets its own back before anything else. */
    private List<HostAction> withName(DesiredNic.Tap nic, List<HostAction> actions) {
        LinkRef stray = strays.get(nic.id());
        if (stray == null) {
            return actions;
        }
        List<HostAction> all = new ArrayList<>(actions);
        all.addFirst(new HostAction.RenameLink(stray, nic.device()));
        return all;
    }

    /** A bridge made anew is drift too, though nobody touched the tap. */
    private void tellDrift(DesiredNic.Tap nic, List<HostAction> actions) {
        if (fights.stoodAs(nic.device()).filter(w -> w instanceof Wanted(var before, var bridge) && before.equals(nic)).isPresent()) {
            Drift.kinds(actions).forEach(kind -> listener.drifted(
                    "domain '" + nic.domainName() + "' NIC " + nic.id().mac(), nic.device().text(), kind));
        }
    }

    private Optional<Link> tapOf(DesiredNic.Tap nic) {
        LinkRef stray = strays.get(nic.id());
        Optional<Link> tap = stray == null ? host.link(nic.device()) : host.link(stray.index());
        tap.filter(t -> index.owner(t).filter(nic.id().domain()::equals).isPresent()).ifPresent(index::note);
        return tap;
    }

    private Wiring settled(DesiredNic.Tap nic, BridgeView bridge, Standing standing) {
        if (bridge.link().isEmpty() && bridge.inMaking().isPresent()) {
            NetworkKeeper.Finding making = bridge.inMaking().get();
            String reason = "bridge " + nic.network().bridge() + " of network '" + nic.network().name() + "' does not exist: "
                    + making.standing().reason().orElse("it was made and is gone again");
            return new Wiring(new Standing(making.standing().state() == NicState.PENDING ? NicState.PENDING : NicState.FAILED,
                    Optional.of(reason)), making.outcome());
        }
        return new Wiring(standing, standing.state() == NicState.FAILED ? Outcome.WAITING : Outcome.DONE);
    }

    /** Attaching to a bridge that went meanwhile is refused with no better word than EINVAL. */
    private boolean isAnotherBridgeNow(Network network) {
        return !host.link(network.bridge()).map(Link::index).equals(bridge(network).link().map(Link::index));
    }

    /** The bridge that libvirt has, or will have, the NIC's device on; null where that is unknown. */
    static String bridgeOf(DesiredNic.Observed nic, Function<InterfaceName, Optional<Link>> byName,
            IntFunction<Optional<Link>> byIndex) {
        return deviceOf(nic).filter(device -> InterfaceName.fault(device) == null)
                .flatMap(device -> byName.apply(new InterfaceName(device)))
                .filter(link -> link.master() != Link.NO_MASTER)
                .flatMap(link -> byIndex.apply(link.master()))
                .map(bridge -> bridge.name().text())
                .orElse(nic.spec().type().equals("bridge") ? nic.spec().source().orElse(null) : null);
    }

    static Optional<String> deviceOf(DesiredNic.Observed nic) {
        return nic.live() ? nic.spec().target() : Optional.empty();
    }

    private NicFinding observe(DesiredNic.Observed nic) {
        String device = deviceOf(nic).orElse(null);
        try {
            String bridge = bridgeOf(nic, host::link, host::link);
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
