package io.tapwright.control;

import io.tapwright.control.StatusBoard.NicFinding;
import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.DesiredNic;
import io.tapwright.model.plan.Phase;
import io.tapwright.model.plan.Standing;
import io.tapwright.model.status.NicState;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Does the work for one key: looks at what is wanted and what is there, brings the one to the other, and writes down
 * where things stand. Called by workers, each key on one of them at a time.
 */
final class Reconciler {

    private static final InterfaceName LOOPBACK = new InterfaceName("lo");

    private final HostNetwork host;
    private final Actor actor;
    private final ControlSettings settings;
    private final Inventory inventory;
    private final DeviceIndex index;
    private final StatusBoard board;
    private final NetworkKeeper networks;

    Reconciler(HostNetwork host, Actor actor, ControlSettings settings, Inventory inventory, DeviceIndex index,
            StatusBoard board) {
        this.host = host;
        this.actor = actor;
        this.settings = settings;
        this.inventory = inventory;
        this.index = index;
        this.board = board;
        this.networks = new NetworkKeeper(host, actor, settings.bridges(), index);
    }

    /** What became of a key. */
    enum Outcome { DONE, TRY_AGAIN }

    /** Asks the kernel for the one device that every namespace has; throws where it doesn't answer. */
    Outcome probe() {
        host.link(LOOPBACK);
        return Outcome.DONE;
    }

    Outcome network(String name) {
        Network network = settings.catalog().network(name).orElseThrow();
        Standing standing = networks.keep(network);
        board.putNetwork(name, network.bridge().text(), standing);
        return standing.state() == NicState.FAILED ? Outcome.TRY_AGAIN : Outcome.DONE;
    }

    Outcome domain(DomainId id) {
        inventory.dropLapsed(id);
        Optional<DomainEntry> entry = inventory.entry(id);
        return entry.isPresent() ? known(entry.get()) : gone(id);
    }

    private Outcome known(DomainEntry entry) {
        List<DesiredNic> wanted = wantedOf(entry);
        boolean cleaned = !entry.reported() || removeUnwanted(entry.id(), wanted);
        NicWiring wiring = new NicWiring(host, actor, settings.taps(), index, networks);
        List<NicFinding> findings = wanted.stream().map(wiring::wire).toList();
        board.putDomain(entry, findings);
        boolean settled = findings.stream().noneMatch(Reconciler::deservesRetry);
        return cleaned && settled ? Outcome.DONE : Outcome.TRY_AGAIN;
    }

    private List<DesiredNic> wantedOf(DomainEntry entry) {
        return DesiredNic.of(entry.config(), entry.phase() == Phase.OFF ? Optional.empty() : entry.liveWithPlugged(),
                entry.phase(), settings.catalog());
    }

    /** What may mend itself without an event that tells us. A refusal by the plan waits for its cause to change. */
    private static boolean deservesRetry(NicFinding finding) {
        return finding.nic() instanceof DesiredNic.Tap && finding.standing().state() == NicState.FAILED;
    }

    private Outcome gone(DomainId id) {
        if (!inventory.isGone(id)) {
            return Outcome.DONE;
        }
        board.removeDomain(id);
        if (removeUnwanted(id, List.of())) {
            inventory.cleaned(id);
            return Outcome.DONE;
        }
        return Outcome.TRY_AGAIN;
    }

    /**
     * Deletes the domain's taps that none of its NICs wants any more; false where one has to stay for now. A tap that
     * some process holds open stays: QEMU has crashed over a tap that went before it let go.
     */
    private boolean removeUnwanted(DomainId id, List<DesiredNic> wanted) {
        Set<InterfaceName> keep = new HashSet<>();
        for (DesiredNic nic : wanted) {
            if (nic instanceof DesiredNic.Tap tap) {
                keep.add(tap.device());
            }
        }
        boolean allDone = true;
        for (Link known : index.tapsOf(id)) {
            try {
                Optional<Link> now = host.link(known.index());
                if (now.isEmpty()) {
                    index.noteGone(known.index());
                } else if (isTapOf(id, now.get()) && !keep.contains(now.get().name())) {
                    allDone &= remove(now.get());
                }
            } catch (HostNetworkException e) {
                allDone = false;
            }
        }
        return allDone;
    }

    private boolean remove(Link tap) {
        if (actor.isDryRun()) {
            return true;
        }
        if (tap.carrier()) {
            return false;
        }
        actor.apply(new HostAction.DeleteLink(tap.ref()));
        index.noteGone(tap.index());
        return true;
    }

    private boolean isTapOf(DomainId id, Link link) {
        return link.isTap() && index.owner(link).filter(id::equals).isPresent();
    }
}
