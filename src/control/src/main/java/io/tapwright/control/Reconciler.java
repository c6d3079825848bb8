package io.tapwright.control;

import io.tapwright.control.StatusBoard.NicFinding;
import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.Mark;
import io.tapwright.model.NicId;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.DesiredNic;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Does the work for one key: looks at what is wanted and what is there, brings the one to the other, and writes down
 * where things stand. Called by workers, each key on one of them at a time.
 */
final class Reconciler {

    private static final InterfaceName LOOPBACK = new InterfaceName("lo");

    /** A tap that is down says nothing when it is let go, so it has to be looked at. */
    private static final Duration UNTIL_LET_GO = Duration.ofSeconds(5);

    private final HostNetwork host;
    private final Actor actor;
    private final ControlSettings settings;
    private final Inventory inventory;
    private final DeviceIndex index;
    private final StatusBoard board;
    private final Disposal disposal;
    private final ControlListener listener;
    private final Fights fights;
    private final NetworkKeeper networks;
    private final SwitchPorts ports;
    private final SwitchTapKeeper switchTaps;
    private final VhostWiring vhostWiring;
    private final Map<DomainId, String> toldOfRemoval = new ConcurrentHashMap<>();

    Reconciler(HostNetwork host, Actor actor, ControlSettings settings, Inventory inventory, DeviceIndex index,
            StatusBoard board, Disposal disposal, SwitchPorts ports, LongSupplier nanoClock, ControlListener listener) {
        this.host = host;
        this.actor = actor;
        this.settings = settings;
        this.inventory = inventory;
        this.index = index;
        this.board = board;
        this.disposal = disposal;
        this.listener = listener;
        this.fights = new Fights(nanoClock);
        this.networks = new NetworkKeeper(host, actor, settings.bridges(), index, fights, listener);
        this.ports = ports;
        this.switchTaps = new SwitchTapKeeper(host, actor, settings, index, fights, ports, listener);
        this.vhostWiring = new VhostWiring(ports);
    }

    /** Asks the kernel for the one device that every namespace has; throws where it doesn't answer. */
    Outcome probe() {
        host.link(LOOPBACK);
        return Outcome.DONE;
    }

    /** What needs no look, given every device. */
    Overview overview(List<Link> all) {
        return new Overview(all, settings, index, board);
    }

    Outcome network(String name) {
        Network network = settings.catalog().network(name).orElseThrow();
        NetworkKeeper.Finding finding = switchTaps.keep(network, networks.keep(network));
        board.putNetwork(name, network.bridge().text(), finding.standing());
        return finding.outcome();
    }

    Outcome domain(DomainId id) {
        inventory.dropLapsed(id);
        Optional<DomainEntry> entry = inventory.entry(id);
        return entry.isPresent() ? known(entry.get()) : gone(id);
    }

    private Outcome known(DomainEntry entry) {
        List<DesiredNic> wanted = entry.wanted(settings.catalog(), settings.userspace());
        // What libvirt has not told of yet may have NICs that the hook did not speak of: nothing of it is unwanted.
        Outcome removal = entry.reported() ? removeUnwanted(entry.id(), wanted) : Outcome.DONE;
        NicWiring wiring = new NicWiring(host, actor, settings.taps(), index, networks, fights, disposal,
                straysOf(entry.id(), wanted), vhostWiring, listener);
        List<NicFinding> findings = wanted.stream().map(wiring::wire).toList();
        board.putDomain(entry, findings);
        return findings.stream().map(NicFinding::outcome).reduce(removal, Outcome::and).and(inventory.nextLapse(entry)
                .<Outcome>map(Outcome.LookAgain::new).orElse(Outcome.DONE));
    }

    private Outcome gone(DomainId id) {
        if (!inventory.isGone(id)) {
            return Outcome.DONE;
        }
        board.removeDomain(id);
        Outcome outcome = removeUnwanted(id, List.of());
        if (outcome.equals(Outcome.DONE)) {
            inventory.cleaned(id);
        }
        return outcome;
    }

    /**
     * Deletes the domain's taps that none of its NICs wants any more. One that some process holds open stays until it is
     * let go: QEMU has crashed over a tap that went before.
     */
    private Outcome removeUnwanted(DomainId id, List<DesiredNic> wanted) {
        Set<InterfaceName> keep = new HashSet<>();
        tapsIn(wanted).forEach(tap -> keep.add(tap.device()));
        Outcome outcome = ports.retain(id, pluggedIn(wanted)) ? new Outcome.LookAgain(UNTIL_LET_GO) : Outcome.DONE;
        for (Link known : index.tapsOf(id)) {
            if (keep.contains(known.name())) {
                continue; // which is read when it is wired; should it have another name by now, that is news to come
            }
            try {
                Optional<Link> now = reread(known, id);
                if (now.isPresent() && !keep.contains(now.get().name())) {
                    outcome = outcome.and(remove(now.get()));
                }
            } catch (HostNetworkException e) {
                outcome = outcome.and(Outcome.FAILED);
                tellOnce(id, "could not remove tap " + known.name() + " of domain " + id + ", will try again: " + e.getMessage());
            }
        }
        if (!outcome.equals(Outcome.FAILED)) {
            toldOfRemoval.remove(id);
        }
        return outcome;
    }

    /** Where a tap stands that no NIC has any more is the state of nothing, so it is said. */
    private void tellOnce(DomainId id, String problem) {
        if (!problem.equals(toldOfRemoval.put(id, problem))) {
            listener.problem(problem);
        }
    }

    private Outcome remove(Link tap) {
        if (actor.isDryRun()) {
            return Outcome.DONE;
        }
        if (tap.carrier()) {
            return new Outcome.LookAgain(UNTIL_LET_GO);
        }
        disposal.condemn(tap);
        fights.forget(tap.name());
        return new Outcome.LookAgain(UNTIL_LET_GO);
    }

    /** Taps of NICs that are wanted, but that somebody gave another name while they are in use. */
    private Map<NicId, LinkRef> straysOf(DomainId id, List<DesiredNic> wanted) {
        Map<NicId, InterfaceName> names = new HashMap<>();
        tapsIn(wanted).forEach(tap -> names.put(tap.id(), tap.device()));
        Map<NicId, LinkRef> strays = new HashMap<>();
        for (Link tap : index.tapsOf(id)) {
            if (tap.carrier() && isTapOf(id, tap) && tap.mark().orElse(null) instanceof Mark.Tap mark && names.containsKey(mark.nic())
                    && !names.get(mark.nic()).equals(tap.name())) {
                strays.put(mark.nic(), tap.ref());
            }
        }
        // One whose name is taken again, by whatever it may be, is a matter of that device.
        strays.keySet().removeIf(nic -> host.link(names.get(nic)).isPresent());
        return strays;
    }

    private static Stream<DesiredNic.Tap> tapsIn(List<DesiredNic> wanted) {
        return wanted.stream().flatMap(nic -> nic instanceof DesiredNic.Tap tap ? Stream.of(tap) : Stream.empty());
    }

    private static Set<NicId> pluggedIn(List<DesiredNic> wanted) {
        return wanted.stream().filter(nic -> nic instanceof DesiredNic.VhostUser vhost && vhost.plugged())
                .map(DesiredNic::id).collect(Collectors.toSet());
    }

    /** A tap of the domain as it is now; empty where it is gone or somebody else's by now. */
    private Optional<Link> reread(Link known, DomainId id) {
        Optional<Link> now = host.link(known.index());
        now.ifPresentOrElse(index::note, () -> index.noteGone(known.index()));
        return now.filter(link -> isTapOf(id, link));
    }

    private boolean isTapOf(DomainId id, Link link) {
        return link.isTap() && index.owner(link).filter(id::equals).isPresent();
    }
}
