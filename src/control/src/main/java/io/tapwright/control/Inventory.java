package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
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
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * What is wanted: every domain that libvirt or the hook told of. The hook is ahead of libvirt's answers, so an answer to
 * a question that was asked before the hook last spoke is not taken, be it of a domain that is known or of one that the
 * hook has just told the end of.
 *
 * <p>Any thread; guarded by its own monitor; never blocks on anything else.
 */
final class Inventory {

    /** The hook's script waits no longer for an answer. */
    private static final Duration LONGEST_HOOK = Duration.ofSeconds(5);
    /** After that it runs, or the hook has told nothing of its failure. */
    private static final Duration LONGEST_START = Duration.ofSeconds(30);

    private final LongSupplier nanoClock;
    private final Map<DomainId, DomainEntry> entries = new LinkedHashMap<>();
    private final Set<DomainId> gone = new HashSet<>();
    /** When the hook last spoke of domains that are not known: kept until libvirt is asked for a list after that. */
    private final Map<DomainId, Long> lastWords = new HashMap<>();
    /** Domains that libvirt has but could not tell of: since the last list, and in it. */
    private final Set<DomainId> unreadable = new HashSet<>();
    private final Set<DomainId> listedUnreadable = new HashSet<>();
    private boolean listed;
    private OptionalLong emptySince = OptionalLong.empty();

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

    /** True for a domain that somebody has told of, even if libvirt could not say more than that it is there. */
    synchronized boolean exists(DomainId id) {
        return entries.containsKey(id) || unreadable.contains(id) || listedUnreadable.contains(id);
    }

    /** Takes a domain that nobody knows for one that exists no more; whoever tells of it later is believed. */
    synchronized void presumeGone(DomainId id) {
        if (!exists(id)) {
            gone.add(id);
        }
    }

    /** True once libvirt has listed everything on this connection: then a domain that is not here does not exist. */
    synchronized boolean isComplete() {
        return listed;
    }

    /** What libvirt would say is unknown until it lists everything again. */
    synchronized void onDisconnected() {
        listed = false;
        unreadable.clear();
        emptySince = OptionalLong.empty();
    }

    /** libvirt has this domain but can't tell of it: the list that follows lacks it, and means nothing by that. */
    synchronized void onUnreadable(DomainId id) {
        unreadable.add(id);
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
            lastWords.put(spec.id(), now);
        } else {
            // Of what libvirt has not told of yet nobody knows whether it is transient: its taps stay until that is known.
            Optional<DomainSpec> config = known.reported() ? known.config() : known.config().or(() -> Optional.of(spec));
            put(new DomainEntry(known.id(), known.name(), known.reported(), known.persistent(), config,
                    Optional.empty(), Map.of(), Phase.OFF, now, known.startedAtNanos()));
        }
    }

    /** The hook says that a domain's devices are free, which is the end of a transient domain. */
    synchronized void onReleased(DomainSpec spec) {
        onStopped(spec);
        DomainEntry entry = entries.get(spec.id());
        if (entry != null && entry.reported() && !entry.persistent()) {
            forget(spec.id());
            lastWords.put(spec.id(), entry.hookAtNanos());
        }
    }

    /** A NIC is about to be plugged into a running domain; false where the domain does not run any more. */
    synchronized boolean onAnnounced(DomainId id, InterfaceSpec nic, Duration validFor) {
        DomainEntry known = entries.get(id);
        if (known == null || known.live().isEmpty()) {
            return false;
        }
        Map<InterfaceSpec, Long> plugged = new HashMap<>(known.plugged());
        plugged.keySet().removeIf(other -> other.mac().equals(nic.mac()));
        plugged.put(nic, nanoClock.getAsLong() + validFor.toNanos());
        put(known.withPlugged(plugged));
        return true;
    }

    /** libvirt's answer about one domain; false where the hook has spoken since the question, so ask again. */
    synchronized boolean onReport(DomainReport report) {
        if (isOutdated(report.id(), report.readStartedNanos())) {
            return false;
        }
        DomainEntry known = entries.get(report.id());
        long now = nanoClock.getAsLong();
        boolean wasOn = known != null && known.phase() != Phase.OFF;
        put(new DomainEntry(report.id(), report.name(), true, report.persistent(), report.config(), report.live(),
                known == null ? Map.of() : known.openAnnouncements(report.live(), now),
                report.active() ? phaseOfActive(known, now) : Phase.OFF,
                known == null ? report.readStartedNanos() - 1 : known.hookAtNanos(),
                wasOn ? known.startedAtNanos() : now));
        return true;
    }

    /** libvirt's answer that there is no such domain; false where the hook has spoken since the question, so ask again. */
    synchronized boolean onGone(DomainId id, long readStartedNanos) {
        if (isOutdated(id, readStartedNanos) || isBeingPrepared(id, readStartedNanos)) {
            return false;
        }
        forget(id);
        return true;
    }

    /** libvirt itself waits for the hook's answer about a domain: whatever it says elsewhere, there is one. */
    private boolean isBeingPrepared(DomainId id, long nowNanos) {
        DomainEntry known = entries.get(id);
        return known != null && known.phase() == Phase.STARTING && nowNanos - known.hookAtNanos() < LONGEST_HOOK.toNanos();
    }

    /**
     * Why a list without a single domain is not to be believed: a tap of ours that some process holds open, or domains
     * that were known a moment ago. The latter is believed once libvirt has said so for a while.
     *
     * @param held a tap of ours that some process holds open
     * @param patience how long libvirt has to keep saying so
     */
    synchronized Optional<String> doubtEmptyList(Optional<InterfaceName> held, Duration patience) {
        if (!unreadable.isEmpty()) {
            // The list is not empty: it has domains that libvirt could not tell of.
            return Optional.empty();
        }
        if (held.isPresent()) {
            listed = false;
            return Optional.of("libvirt lists no domain at all, but some process holds tap " + held.get()
                    + " open: nothing is torn down before it lists one or the tap is let go");
        }
        long now = nanoClock.getAsLong();
        if (entries.isEmpty() || emptySince.isPresent() && now - emptySince.getAsLong() >= patience.toNanos()) {
            return Optional.empty();
        }
        if (emptySince.isEmpty()) {
            emptySince = OptionalLong.of(now);
        }
        listed = false;
        return Optional.of("libvirt lists no domain at all, where there were " + entries.size()
                + ": nothing is torn down unless it still says so after " + patience.toSeconds() + " s");
    }

    /**
     * libvirt's complete list.
     *
     * @return the domains to ask for again, since the hook has spoken of them meanwhile
     */
    synchronized List<DomainId> onListed(List<DomainReport> all, long startedNanos) {
        List<DomainId> outdated = new ArrayList<>();
        Set<DomainId> listedNow = new HashSet<>(unreadable);
        for (DomainReport report : all) {
            listedNow.add(report.id());
            if (!onReport(report)) {
                outdated.add(report.id());
            }
        }
        for (DomainId id : List.copyOf(entries.keySet())) {
            if (!listedNow.contains(id) && !onGone(id, startedNanos)) {
                outdated.add(id);
            }
        }
        listedUnreadable.clear();
        listedUnreadable.addAll(unreadable);
        unreadable.clear();
        lastWords.values().removeIf(spoken -> startedNanos - spoken > 0);
        emptySince = OptionalLong.empty();
        listed = true;
        return outdated;
    }

    /** How long until the first announcement for this domain lapses. */
    Optional<Duration> nextLapse(DomainEntry entry) {
        long now = nanoClock.getAsLong();
        return entry.plugged().values().stream().map(due -> Duration.ofNanos(Math.max(0, due - now)))
                .min(Duration::compareTo);
    }

    /** Drops lapsed and confirmed announcements of a domain. */
    synchronized void dropLapsed(DomainId id) {
        DomainEntry known = entries.get(id);
        if (known != null && !known.plugged().isEmpty()) {
            put(known.withPlugged(known.openAnnouncements(known.live(), nanoClock.getAsLong())));
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

    /** To libvirt a domain is active before its QEMU runs; the hook will say when it does. */
    private static Phase phaseOfActive(DomainEntry known, long now) {
        boolean isStarting = known != null && known.phase() == Phase.STARTING
                && now - known.hookAtNanos() < LONGEST_START.toNanos();
        return isStarting ? Phase.STARTING : Phase.RUNNING;
    }

    private boolean isOutdated(DomainId id, long readStartedNanos) {
        DomainEntry known = entries.get(id);
        Long spoken = known != null ? Long.valueOf(known.hookAtNanos()) : lastWords.get(id);
        return spoken != null && readStartedNanos - spoken <= 0;
    }

    private void put(DomainEntry entry) {
        entries.put(entry.id(), entry);
        gone.remove(entry.id());
        lastWords.remove(entry.id());
        unreadable.remove(entry.id());
        listedUnreadable.remove(entry.id());
    }

    private void forget(DomainId id) {
        unreadable.remove(id);
        listedUnreadable.remove(id);
        if (entries.remove(id) != null) {
            gone.add(id);
        }
    }
}
