package io.tapwright.control;

import io.tapwright.control.StatusBoard.NicFinding;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.DesiredNic;
import io.tapwright.model.plan.Standing;
import io.tapwright.model.plan.TapPlan;
import io.tapwright.model.plan.TapPolicy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings the NICs of one domain to where they should be: observe, plan, apply, until a read finds nothing more to do.
 * Made for one pass over one domain, on one thread; a bridge is read once in it.
 */
final class NicWiring {

    /** One pass to do it, one to put right what changed meanwhile; more is a fight over the device. */
    private static final int PASSES = 3;

    private final HostNetwork host;
    private final Actor actor;
    private final TapPolicy policy;
    private final DeviceIndex index;
    private final NetworkKeeper networks;
    private final Map<InterfaceName, Optional<Link>> bridges = new HashMap<>();

    NicWiring(HostNetwork host, Actor actor, TapPolicy policy, DeviceIndex index, NetworkKeeper networks) {
        this.host = host;
        this.actor = actor;
        this.policy = policy;
        this.index = index;
        this.networks = networks;
    }

    /** Throws nothing: what goes wrong with a NIC is where that NIC stands. */
    NicFinding wire(DesiredNic nic) {
        return switch (nic) {
            case DesiredNic.Tap tap -> new NicFinding(
                    tap, tap.device().text(), tap.network().name(), tap.network().bridge().text(), converge(tap));
            case DesiredNic.Refused refused -> new NicFinding(
                    refused, refused.spec().target().orElse(null), null, null, Standing.failed(refused.reason()));
            case DesiredNic.Deferred deferred -> new NicFinding(
                    deferred, deferred.spec().target().orElse(null), null, null, Standing.pending(deferred.reason()));
            case DesiredNic.Observed observed -> observe(observed);
        };
    }

    private Standing converge(DesiredNic.Tap nic) {
        try {
            for (int pass = 0; pass < PASSES; pass++) {
                Optional<Link> tap = host.link(nic.device());
                tap.ifPresent(index::note);
                TapPlan plan = TapPlan.of(nic, tap, bridge(nic.network()), policy);
                if (plan.actions().isEmpty()) {
                    return plan.standing();
                }
                if (actor.isDryRun()) {
                    return Standing.pending("dry run: would " + sentence(plan.actions()));
                }
                if (!attempt(plan.actions())) {
                    bridges.clear();
                }
            }
            return Standing.failed("tap " + nic.device() + " keeps changing under us: somebody else is configuring it too");
        } catch (HostNetworkException e) {
            return Standing.failed(e.getMessage());
        }
    }

    /** False where the plan was made on a view that is out of date by now, so observe again. */
    private boolean attempt(List<HostAction> actions) {
        for (HostAction action : actions) {
            try {
                actor.apply(action);
            } catch (HostNetworkException e) {
                if (Actor.meansOutdatedView(e)) {
                    return false;
                }
                throw e;
            }
        }
        return true;
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
            return new NicFinding(nic, device, null, bridge, Standing.observed(Optional.empty()));
        } catch (HostNetworkException e) {
            return new NicFinding(nic, device, null, null, Standing.observed(Optional.of(e.getMessage())));
        }
    }

    /** The network's bridge; one that is ours to make is made now, since a VM may be waiting for it. */
    private Optional<Link> bridge(Network network) {
        Optional<Link> known = bridges.get(network.bridge());
        if (known == null) {
            known = host.link(network.bridge());
            if (known.isEmpty() && network.create()) {
                networks.keep(network);
                known = host.link(network.bridge());
            }
            known.ifPresent(index::note);
            bridges.put(network.bridge(), known);
        }
        return known;
    }

    static String sentence(List<HostAction> actions) {
        return String.join("; ", actions.stream().map(HostAction::toString).toList());
    }
}
