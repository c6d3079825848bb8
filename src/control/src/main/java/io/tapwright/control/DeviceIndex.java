package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.Mark;
import io.tapwright.model.host.Link;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The devices that were last seen to matter: those with our mark, and those that the configuration names. It answers
 * "whose is it" and "did it change" without a dump. What is done to a device is always decided on a fresh read.
 *
 * <p>Any thread; guarded by its own monitor.
 */
final class DeviceIndex {

    private final String instance;
    private final Set<InterfaceName> configured;
    private final Map<Integer, Link> links = new HashMap<>();
    private final Map<DomainId, Set<Integer>> tapsOfDomain = new HashMap<>();

    /** @param configured bridges and uplinks */
    DeviceIndex(String instance, Set<InterfaceName> configured) {
        this.instance = instance;
        this.configured = Set.copyOf(configured);
    }

    /** Takes note of a device; answers what it was before, where it is a change that matters. */
    synchronized Optional<Change> note(Link now) {
        Link before = links.get(now.index());
        if (!matters(now)) {
            if (before == null) {
                return Optional.empty();
            }
            remove(now.index());
            return Optional.of(new Change(Optional.of(before), Optional.of(now)));
        }
        if (before != null && sameState(before, now)) {
            return Optional.empty();
        }
        remove(now.index());
        links.put(now.index(), now);
        owner(now).ifPresent(domain -> tapsOfDomain.computeIfAbsent(domain, d -> new HashSet<>()).add(now.index()));
        return Optional.of(new Change(Optional.ofNullable(before), Optional.of(now)));
    }

    /** Takes note that a device is gone; answers what it was. */
    synchronized Optional<Change> noteGone(int index) {
        Link before = links.get(index);
        remove(index);
        return before == null ? Optional.empty() : Optional.of(new Change(Optional.of(before), Optional.empty()));
    }

    /** Starts over from a complete dump. */
    synchronized void replaceAll(Collection<Link> all) {
        links.clear();
        tapsOfDomain.clear();
        all.forEach(this::note);
    }

    /** The devices that carry our mark for a NIC of this domain. */
    synchronized List<Link> tapsOf(DomainId domain) {
        return tapsOfDomain.getOrDefault(domain, Set.of()).stream().map(links::get).toList();
    }

    /** The domain that a device's mark names, if the mark is ours. */
    Optional<DomainId> owner(Link link) {
        return link.mark()
                .filter(m -> m.instance().equals(instance))
                .flatMap(m -> m instanceof Mark.Tap tap ? Optional.of(tap.nic().domain()) : Optional.empty());
    }

    private boolean matters(Link link) {
        return configured.contains(link.name())
                || link.mark().filter(m -> m.instance().equals(instance)).isPresent();
    }

    private void remove(int index) {
        Link before = links.remove(index);
        if (before != null) {
            owner(before).ifPresent(domain -> tapsOfDomain.computeIfPresent(domain, (d, taps) -> {
                taps.remove(index);
                return taps.isEmpty() ? null : taps;
            }));
        }
    }

    private static boolean sameState(Link a, Link b) {
        return a.name().equals(b.name()) && a.kind().equals(b.kind()) && a.mac().equals(b.mac()) && a.mtu() == b.mtu()
                && a.up() == b.up() && a.carrier() == b.carrier() && a.master() == b.master()
                && a.alias().equals(b.alias()) && a.port().equals(b.port());
    }

    /** A device before and after. */
    record Change(Optional<Link> before, Optional<Link> after) {

        /** True where the ports of this bridge have to be looked at: it came, went, or passes frames otherwise. */
        boolean mattersToPorts() {
            return before.isEmpty() || after.isEmpty()
                    || before.get().mtu() != after.get().mtu() || before.get().up() != after.get().up()
                    || !before.get().name().equals(after.get().name());
        }
    }
}
