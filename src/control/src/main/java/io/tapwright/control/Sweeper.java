package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetwork.Detail;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.network.Network;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Looks at every device at once: renews the index, and finds what carries our mark and belongs to nothing any more.
 * A domain that nobody knows is presumed gone once its taps have been without it for the grace time, never while
 * libvirt's own list is missing; a tap that some process holds open stays, whatever else is known. Says each thing that
 * an operator should know once, not at every sweep.
 *
 * <p>Used by the worker that has the sweep's key, one at a time.
 */
final class Sweeper {

    /** Ports of a bridge from which on it is worth a warning: four fifths. */
    private static final int NEARLY_FULL = Network.MOST_PORTS * 4 / 5;

    private static final InterfaceName LOOPBACK = new InterfaceName("lo");

    private final HostNetwork host;
    private final Actor actor;
    private final ControlSettings settings;
    private final Inventory inventory;
    private final DeviceIndex index;
    private final SwitchPorts ports;
    private final StaleNetworks staleNetworks;
    private final StaleSwitchTaps staleSwitchTaps;
    private final LongSupplier nanoClock;
    private final ControlListener listener;
    private final Map<DomainId, Long> orphanSince = new HashMap<>();
    private Set<String> told = new HashSet<>();

    Sweeper(HostNetwork host, Actor actor, ControlSettings settings, Inventory inventory, DeviceIndex index,
            SwitchPorts ports, LongSupplier nanoClock, ControlListener listener) {
        this.host = host;
        this.actor = actor;
        this.settings = settings;
        this.inventory = inventory;
        this.index = index;
        this.ports = ports;
        this.staleNetworks = new StaleNetworks(settings, index);
        this.staleSwitchTaps = new StaleSwitchTaps(actor, settings);
        this.nanoClock = nanoClock;
        this.listener = listener;
    }

    /**
     * What a sweep leaves to do.
     *
     * @param seen     every device
     * @param toLookAt domains that are gone, or presumed so, and have taps
     */
    record Result(List<Link> seen, List<DomainId> toLookAt, Outcome outcome) {
    }

    /**
     * @param libvirtIsTrusted libvirt is connected and has listed everything
     */
    Result sweep(boolean libvirtIsTrusted) {
        index.beginDump();
        List<Link> all = host.links(Detail.STATE);
        index.takeDump(all);
        List<DomainId> toLookAt = new ArrayList<>();
        Map<DomainId, List<Link>> orphans = new LinkedHashMap<>();
        for (Link link : all) {
            index.owner(link).filter(owner -> link.isTap() && !inventory.exists(owner)).ifPresent(owner -> {
                if (inventory.isGone(owner)) {
                    toLookAt.add(owner);
                } else {
                    orphans.computeIfAbsent(owner, o -> new ArrayList<>()).add(link);
                }
            });
        }
        // Ports of the switch in user space are told by the switch, not by the kernel.
        ports.domains().stream().filter(owner -> !inventory.exists(owner) && !inventory.isGone(owner))
                .forEach(owner -> orphans.computeIfAbsent(owner, o -> new ArrayList<>()));
        Set<String> problems = new HashSet<>();
        Outcome networks = staleSwitchTaps.remove(all, problems).and(removeStaleNetworks(all, problems));
        warnOfFullBridges(all, problems);
        orphanSince.keySet().retainAll(libvirtIsTrusted ? orphans.keySet() : Set.of());
        Outcome reaping = libvirtIsTrusted ? reap(orphans, toLookAt, problems) : Outcome.DONE;
        tell(problems);
        return new Result(all, toLookAt, networks.and(reaping));
    }

    /** Only decides: the domain's own key does the work, so that nothing is reaped that is being prepared meanwhile. */
    private Outcome reap(Map<DomainId, List<Link>> orphans, List<DomainId> toLookAt, Set<String> problems) {
        long now = nanoClock.getAsLong();
        Outcome outcome = Outcome.DONE;
        for (Map.Entry<DomainId, List<Link>> orphan : orphans.entrySet()) {
            long since = orphanSince.computeIfAbsent(orphan.getKey(), id -> now);
            if (now - since < settings.reaperGrace().toNanos()) {
                outcome = outcome.and(new Outcome.LookAgain(settings.reaperGrace().minusNanos(now - since)));
            } else if (actor.isDryRun()) {
                orphan.getValue().forEach(tap -> problems.add("dry run: would " + new HostAction.DeleteLink(tap.ref())
                        + ", which belongs to no domain (" + tap.alias() + ")"));
            } else {
                orphan.getValue().stream().filter(Link::carrier).forEach(tap -> problems.add("tap " + tap.name()
                        + " carries the mark of a domain that does not exist (" + tap.alias()
                        + ") but some process holds it open: left alone until it is let go"));
                orphan.getValue().stream().filter(tap -> !tap.carrier())
                        .forEach(tap -> listener.reaping(tap.name().text(), tap.alias()));
                inventory.presumeGone(orphan.getKey());
                toLookAt.add(orphan.getKey());
            }
        }
        return outcome;
    }

    private void warnOfFullBridges(List<Link> all, Set<String> problems) {
        Map<Integer, Long> ports = all.stream().filter(link -> link.master() != Link.NO_MASTER)
                .collect(Collectors.groupingBy(Link::master, Collectors.counting()));
        for (Network network : settings.catalog().networks().values()) {
            all.stream().filter(link -> link.isNamed(network.bridge()))
                    .filter(bridge -> ports.getOrDefault(bridge.index(), 0L) >= NEARLY_FULL)
                    .forEach(bridge -> problems.add("bridge " + bridge.name() + " of network '" + network.name()
                            + "' has at least " + NEARLY_FULL + " of the " + Network.MOST_PORTS + " ports that it can have"));
        }
    }

    private Outcome removeStaleNetworks(List<Link> all, Set<String> problems) {
        Outcome outcome = Outcome.DONE;
        for (StaleNetworks.Step step : staleNetworks.uplinks(all)) {
            outcome = outcome.and(carryOut(step, problems));
        }
        // With an uplink that could not be freed, its bridge has to stay: the host's addresses may be on it.
        if (outcome.equals(Outcome.DONE)) {
            for (StaleNetworks.Step step : staleNetworks.bridges(all)) {
                outcome = outcome.and(carryOut(step, problems));
            }
        }
        return outcome;
    }

    private Outcome carryOut(StaleNetworks.Step step, Set<String> problems) {
        return switch (step) {
            case StaleNetworks.Step.Keep(String why) -> {
                problems.add(why);
                yield Outcome.DONE;
            }
            case StaleNetworks.Step.Free free -> {
                Link bridge = free.bridge();
                try {
                    yield remove(staleNetworks.detachment(free,
                            bridge == null ? List.of() : host.addresses(bridge.ref()),
                            bridge == null ? List.of() : host.routes(bridge.ref())), problems);
                } catch (HostNetworkException e) {
                    problems.add("could not free uplink " + free.uplink().name() + ": " + e.getMessage());
                    yield Outcome.FAILED;
                }
            }
            case StaleNetworks.Step.Delete delete -> {
                try {
                    yield StaleNetworks.keptByAddresses(delete, host.addresses(delete.bridge().ref()), onLoopback())
                            .map(keep -> carryOut(keep, problems))
                            .orElseGet(() -> remove(new HostAction.DeleteLink(delete.bridge().ref()), problems));
                } catch (HostNetworkException e) {
                    problems.add("could not delete bridge " + delete.bridge().name() + ": " + e.getMessage());
                    yield Outcome.FAILED;
                }
            }
        };
    }

    private List<Address> onLoopback() {
        return host.link(LOOPBACK).map(lo -> host.addresses(lo.ref())).orElse(List.of());
    }

    private Outcome remove(HostAction action, Set<String> problems) {
        if (actor.isDryRun()) {
            problems.add("dry run: would " + action);
            return Outcome.DONE;
        }
        try {
            actor.apply(action);
            return Outcome.DONE;
        } catch (HostNetworkException e) {
            problems.add("could not " + action + ": " + e.getMessage());
            return Outcome.FAILED;
        }
    }

    private void tell(Set<String> problems) {
        problems.stream().filter(text -> !told.contains(text)).sorted().forEach(listener::problem);
        told = problems;
    }
}
