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
import java.util.stream.Collectors;

/**
 * The devices that were last seen to matter: those with our mark, those that had it until somebody wiped it off, and
 * those that the configuration names. It answers "whose is it" and "did it change" without a dump. What is done to a
 * device is always decided on a fresh read.
 *
 * <p>Any thread; guarded by its own monitor.
 */
final class DeviceIndex {

    private final String instance;
    private final Set<String> configured;
    private final Map<Integer, Link> links = new HashMap<>();
    private final Map<DomainId, Set<Integer>> tapsOfDomain = new HashMap<>();
    private final Map<Integer, DomainId> domainOfTap = new HashMap<>();
    /** The last mark of ours on each device that had one; an index is never given to another device. */
    private final Map<Integer, Mark> lastMarks = new HashMap<>();
    /** What was noted since the dump that is under way began, and so is newer than it; null while none is. */
    private Set<Integer> notedSinceDump;

    /** @param configured bridges and uplinks, by name or alternative name */
    DeviceIndex(String instance, Set<InterfaceName> configured) {
        this.instance = instance;
        this.configured = configured.stream().map(InterfaceName::text).collect(Collectors.toUnmodifiableSet());
    }

    /** Takes note of a device; answers what it was before, where it is a change that matters. */
    synchronized Optional<Change> note(Link now) {
        noted(now.index());
        return put(now);
    }

    /** Takes note that a device is gone; answers what it was. */
    synchronized Optional<Change> noteGone(int index) {
        noted(index);
        Link before = links.get(index);
        remove(index);
        lastMarks.remove(index);
        return before == null ? Optional.empty() : Optional.of(new Change(Optional.of(before), Optional.empty()));
    }

    /** To be called before a dump is asked for: what is noted from here on is newer. */
    synchronized void beginDump() {
        notedSinceDump = new HashSet<>();
    }

    /** Takes over a complete dump, but for what was noted since {@link #beginDump}. */
    synchronized void takeDump(Collection<Link> all) {
        Set<Integer> newer = notedSinceDump;
        notedSinceDump = null;
        Set<Integer> present = new HashSet<>();
        all.forEach(link -> present.add(link.index()));
        for (int index : List.copyOf(links.keySet())) {
            if (!present.contains(index) && !newer.contains(index)) {
                remove(index);
                lastMarks.remove(index);
            }
        }
        all.stream().filter(link -> !newer.contains(link.index())).forEach(this::put);
    }

    private void noted(int index) {
        if (notedSinceDump != null) {
            notedSinceDump.add(index);
        }
    }

    private Optional<Change> put(Link now) {
        Link before = links.get(now.index());
        remember(now);
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
        owner(now).ifPresent(domain -> {
            domainOfTap.put(now.index(), domain);
            tapsOfDomain.computeIfAbsent(domain, d -> new HashSet<>()).add(now.index());
        });
        return Optional.of(new Change(Optional.ofNullable(before), Optional.of(now)));
    }

    /** Whoever puts a mark of its own on a device takes it over; whoever only wipes ours off does not. */
    private void remember(Link now) {
        now.mark().ifPresent(mark -> {
            if (mark.instance().equals(instance)) {
                lastMarks.put(now.index(), mark);
            } else {
                lastMarks.remove(now.index());
            }
        });
    }

    /** The mark of ours that this device was last seen with, if nobody has put another on it since. */
    synchronized Optional<Mark> lastMark(int index) {
        return Optional.ofNullable(lastMarks.get(index));
    }

    /** A tap of ours that some process holds open, if there is one. */
    synchronized Optional<InterfaceName> anyHeld() {
        return links.values().stream().filter(link -> link.isTap() && link.carrier() && owner(link).isPresent())
                .map(Link::name).findFirst();
    }

    /** The devices that carry our mark for a NIC of this domain. */
    synchronized List<Link> tapsOf(DomainId domain) {
        return tapsOfDomain.getOrDefault(domain, Set.of()).stream().map(links::get).toList();
    }

    /** The domain that a device's mark names, or named before it was wiped off, if the mark is ours. */
    synchronized Optional<DomainId> owner(Link link) {
        return markOf(link).flatMap(m -> m instanceof Mark.Tap tap ? Optional.of(tap.nic().domain()) : Optional.empty());
    }

    /** True for a tap of ours between a bridge and the switch in user space. */
    synchronized boolean isSwitchTap(Link link) {
        return markOf(link).filter(m -> m instanceof Mark.SwitchTap).isPresent();
    }

    private Optional<Mark> markOf(Link link) {
        return link.mark().or(() -> lastMark(link.index())).filter(m -> m.instance().equals(instance));
    }

    private boolean matters(Link link) {
        return configured.contains(link.name().text()) || link.altNames().stream().anyMatch(configured::contains)
                || markOf(link).isPresent();
    }

    private void remove(int index) {
        links.remove(index);
        DomainId domain = domainOfTap.remove(index);
        if (domain != null) {
            tapsOfDomain.computeIfPresent(domain, (d, taps) -> {
                taps.remove(index);
                return taps.isEmpty() ? null : taps;
            });
        }
    }

    /** What the bridge does with a port that has no carrier says nothing, and the kernel tells of it up to a second late. */
    private static boolean sameState(Link a, Link b) {
        return a.name().equals(b.name()) && a.kind().equals(b.kind()) && a.mac().equals(b.mac()) && a.mtu() == b.mtu()
                && a.up() == b.up() && a.carrier() == b.carrier() && a.master() == b.master()
                && a.alias().equals(b.alias()) && (!a.carrier() || a.port().equals(b.port()));
    }

    /** A device before and after. */
    record Change(Optional<Link> before, Optional<Link> after) {

        /** True where the ports of this bridge have to be looked at: it came, went, or passes frames otherwise. */
        boolean mattersToPorts() {
            return before.isEmpty() || after.isEmpty()
                    || before.get().mtu() != after.get().mtu() || before.get().up() != after.get().up()
                    || !before.get().name().equals(after.get().name()) || !before.get().altNames().equals(after.get().altNames());
        }
    }
}
