package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.plan.Phase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * What is wanted: every domain that libvirt or the hook told of. The hook is ahead of libvirt's answers, so an answer to
 * a question that was asked before the hook last spoke is not taken.
 *
 * <p>Any thread; guarded by its own monitor; never blocks on anything else.
 */
final class Inventory {

    private final LongSupplier nanoClock;
    private final Map<DomainId, DomainEntry> entries = new LinkedHashMap<>();
    private final Set<DomainId> gone = new HashSet<>();
    private boolean listedOnce;

    Inventory(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    synchronized Optional<DomainEntry> entry(DomainId id) {
        return Optional.ofNullable(entries.get(id));
    }

    synchronized Optional<DomainEntry> entry(String name) {
        return entries.values().stream().filter(e -> e.name().equals(name)).findFirst();
    }

    synchronized Collection<DomainEntry> entries() {
        return List.copyOf(entries.values());
    }

    /** True for a domain of which libvirt has said that it exists no more. */
    synchronized boolean isGone(DomainId id) {
        return gone.contains(id);
    }

    /** True once libvirt has listed everything: from then on a domain that is not here does not exist. */
    synchronized boolean isComplete() {
        return listedOnce;
    }

    /** The hook asks to prepare a domain: it is starting, with this live description. */
    synchronized void onPrepare(DomainSpec live) {
        putLive(live, Phase.STARTING);
    }

    /** The hook says that a domain runs. */
    synchronized void onRunning(DomainSpec live) {
        putLive(live, Phase.RUNNING);
    }

    /** The hook says that a domain's QEMU is gone. */
    synchronized void onStopped(DomainSpec spec) {
        long now = nanoClock.getAsLong();
        DomainEntry known = entries.get(spec.id());
        if (known == null) {
            put(new DomainEntry(spec.id(), spec.name(), false, false, Optional.empty(), Optional.empty(), Map.of(),
                    Phase.OFF, now, now));
        } else {
            put(new DomainEntry(known.id(), known.name(), known.reported(), known.persistent(), known.config(),
                    Optional.empty(), Map.of(), Phase.OFF, now, known.startedAtNanos()));
        }
    }

    /** The hook says that a domain's devices are free; answers true where that was the end of a transient domain. */
    synchronized boolean onReleased(DomainSpec spec) {
        onStopped(spec);
        DomainEntry entry = entries.get(spec.id());
        if (entry.reported() && !entry.persistent()) {
            forget(spec.id());
            return true;
        }
        return false;
    }

    /** A NIC is about to be plugged into a running domain. */
    synchronized void onAnnounced(DomainId id, InterfaceSpec nic, Duration validFor) {
        DomainEntry known = entries.get(id);
        Map<InterfaceSpec, Long> plugged = new HashMap<>(known.plugged());
        plugged.put(nic, nanoClock.getAsLong() + validFor.toNanos());
        put(new DomainEntry(id, known.name(), known.reported(), known.persistent(), known.config(), known.live(), plugged,
                known.phase(), known.hookAtNanos(), known.startedAtNanos()));
    }

    /** libvirt's answer about one domain; false where the hook has spoken since the question, so ask again. */
    synchronized boolean onReport(DomainReport report) {
        DomainEntry known = entries.get(report.id());
        if (known != null && report.readStartedNanos() - known.hookAtNanos() <= 0) {
            return false;
        }
        long now = nanoClock.getAsLong();
        boolean wasOn = known != null && known.phase() != Phase.OFF;
        put(new DomainEntry(report.id(), report.name(), true, report.persistent(), report.config(), report.live(),
                known == null ? Map.of() : known.openAnnouncements(report.live(), now),
                report.active() ? Phase.RUNNING : Phase.OFF,
                known == null ? report.readStartedNanos() - 1 : known.hookAtNanos(),
                wasOn ? known.startedAtNanos() : now));
        return true;
    }

    /** libvirt's answer that there is no such domain; false where the hook has spoken since the question, so ask again. */
    synchronized boolean onGone(DomainId id, long readStartedNanos) {
        DomainEntry known = entries.get(id);
        if (known != null && readStartedNanos - known.hookAtNanos() <= 0) {
            return false;
        }
        forget(id);
        return true;
    }

    /**
     * libvirt's complete list.
     *
     * @return the domains to ask for again, since the hook has spoken of them meanwhile
     */
    synchronized List<DomainId> onListed(List<DomainReport> all, long startedNanos) {
        List<DomainId> outdated = new ArrayList<>();
        Set<DomainId> listed = new HashSet<>();
        for (DomainReport report : all) {
            listed.add(report.id());
            if (!onReport(report)) {
                outdated.add(report.id());
            }
        }
        for (DomainId id : List.copyOf(entries.keySet())) {
            if (!listed.contains(id) && !onGone(id, startedNanos)) {
                outdated.add(id);
            }
        }
        listedOnce = true;
        return outdated;
    }

    /** Drops lapsed announcements of a domain. */
    synchronized void dropLapsed(DomainId id) {
        DomainEntry known = entries.get(id);
        if (known != null && !known.plugged().isEmpty()) {
            put(new DomainEntry(id, known.name(), known.reported(), known.persistent(), known.config(), known.live(),
                    known.openAnnouncements(known.live(), nanoClock.getAsLong()), known.phase(), known.hookAtNanos(),
                    known.startedAtNanos()));
        }
    }

    /** The domain's devices are all gone: nothing more to remember. */
    synchronized void cleaned(DomainId id) {
        gone.remove(id);
    }

    private void putLive(DomainSpec live, Phase phase) {
        long now = nanoClock.getAsLong();
        DomainEntry known = entries.get(live.id());
        boolean wasOn = known != null && known.phase() != Phase.OFF;
        put(new DomainEntry(live.id(), live.name(), known != null && known.reported(), known != null && known.persistent(),
                known == null ? Optional.empty() : known.config(), Optional.of(live),
                known == null ? Map.of() : known.openAnnouncements(Optional.of(live), now), phase, now,
                wasOn ? known.startedAtNanos() : now));
    }

    private void put(DomainEntry entry) {
        entries.put(entry.id(), entry);
        gone.remove(entry.id());
    }

    private void forget(DomainId id) {
        if (entries.remove(id) != null) {
            gone.add(id);
        }
    }
}
