package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.Mark;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetwork.Detail;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.NetworkPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Looks at every device at once: renews the index, and removes what carries our mark and belongs to nothing any more.
 * A tap without a domain is removed once it has been so for the grace time, never while libvirt's own list is missing;
 * a device that some process holds open, never.
 *
 * <p>Used by the worker that has the sweep's key, one at a time.
 */
final class Sweeper {

    private final HostNetwork host;
    private final Actor actor;
    private final ControlSettings settings;
    private final Inventory inventory;
    private final DeviceIndex index;
    private final LongSupplier nanoClock;
    private final ControlListener listener;
    private final Map<Integer, Long> orphanSince = new HashMap<>();

    Sweeper(HostNetwork host, Actor actor, ControlSettings settings, Inventory inventory, DeviceIndex index,
            LongSupplier nanoClock, ControlListener listener) {
        this.host = host;
        this.actor = actor;
        this.settings = settings;
        this.inventory = inventory;
        this.index = index;
        this.nanoClock = nanoClock;
        this.listener = listener;
    }

    /** What a sweep leaves to do. */
    record Outcome(List<DomainId> ownersSeen, Optional<Duration> lookAgainAfter) {
    }

    /**
     * @param libvirtIsTrusted libvirt is connected and has listed everything
     */
    Outcome sweep(boolean libvirtIsTrusted) {
        List<Link> all = host.links(Detail.STATE);
        index.replaceAll(all);
        List<DomainId> owners = new ArrayList<>();
        List<Link> orphans = new ArrayList<>();
        for (Link link : all) {
            index.owner(link).ifPresent(owner -> {
                if (inventory.entry(owner).isPresent() || inventory.isGone(owner)) {
                    owners.add(owner);
                } else {
                    orphans.add(link);
                }
            });
        }
        removeStaleNetworks(all);
        return new Outcome(owners, libvirtIsTrusted ? reap(orphans) : keepAll());
    }

    private Optional<Duration> keepAll() {
        orphanSince.clear();
        return Optional.empty();
    }

    private Optional<Duration> reap(List<Link> orphans) {
        orphanSince.keySet().retainAll(orphans.stream().map(Link::index).toList());
        long now = nanoClock.getAsLong();
        boolean anyLeft = false;
        for (Link orphan : orphans) {
            long since = orphanSince.computeIfAbsent(orphan.index(), i -> now);
            if (now - since < settings.reaperGrace().toNanos()) {
                anyLeft = true;
            } else if (orphan.carrier()) {
                listener.problem("tap " + orphan.name() + " carries the mark of a domain that does not exist ("
                        + orphan.alias() + ") but some process holds it open: left alone");
            } else {
                remove(new HostAction.DeleteLink(orphan.ref()));
            }
        }
        return anyLeft ? Optional.of(settings.reaperGrace()) : Optional.empty();
    }

    /** Bridges that we made for networks that the configuration no longer has, and uplinks that it no longer names. */
    private void removeStaleNetworks(List<Link> all) {
        for (Link bridge : all) {
            Optional<Mark.Bridge> mark = bridge.mark()
                    .filter(m -> m.instance().equals(settings.bridges().instance()))
                    .flatMap(m -> m instanceof Mark.Bridge b ? Optional.of(b) : Optional.empty());
            if (bridge.isBridge() && mark.isPresent()) {
                Optional<Network> network = settings.catalog().network(mark.get().network())
                        .filter(n -> n.bridge().equals(bridge.name()));
                List<Link> ports = all.stream().filter(l -> l.master() == bridge.index()).toList();
                releaseUplinks(bridge, ports, mark.get().network(), network);
                if (network.isEmpty()) {
                    removeBridge(bridge, ports, mark.get().network());
                }
            }
        }
    }

    private void releaseUplinks(Link bridge, List<Link> ports, String networkName, Optional<Network> network) {
        String uplinkMark = settings.bridges().uplinkMark(networkName);
        for (Link port : ports) {
            boolean wanted = network.flatMap(Network::uplink).filter(u -> u.device().equals(port.name())).isPresent();
            if (port.altNames().contains(uplinkMark) && !wanted) {
                remove(NetworkPlan.detachment(port, bridge, uplinkMark, host.addresses(bridge.ref()), host.routes(bridge.ref())));
            }
        }
    }

    private void removeBridge(Link bridge, List<Link> ports, String networkName) {
        String uplinkMark = settings.bridges().uplinkMark(networkName);
        List<String> foreign = ports.stream()
                .filter(p -> index.owner(p).isEmpty() && !p.altNames().contains(uplinkMark))
                .map(p -> p.name().text()).toList();
        if (foreign.isEmpty()) {
            remove(new HostAction.DeleteLink(bridge.ref()));
        } else {
            listener.problem("bridge " + bridge.name() + " was made for network '" + networkName
                    + "', which the configuration no longer has, but carries ports that are not Tapwright's " + foreign
                    + ": left alone");
        }
    }

    private void remove(HostAction action) {
        if (actor.isDryRun()) {
            listener.problem("dry run: would " + action);
            return;
        }
        try {
            actor.apply(action);
        } catch (HostNetworkException e) {
            listener.problem("could not " + action + ": " + e.getMessage());
        }
    }
}
