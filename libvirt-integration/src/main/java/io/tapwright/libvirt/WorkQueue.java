package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * What waits for the libvirt thread. Holds keys, not messages: a domain waits once however often it is named, an event is a
 * count beside its name. So it cannot grow beyond the number of domains. Any thread puts, one takes; nothing here calls
 * libvirt or a listener, so the lock is held for moments and callbacks may put.
 *
 * <p>Works for one session (one connection's life, a number) at a time; between sessions what is put is dropped, since
 * every session begins with a complete listing.
 */
final class WorkQueue {

    private static final int MAX_PROBLEMS = 16;
    /** From so many domains that may be gone on a list of all costs less than asking for each. */
    static final int MANY = 64;
    private static final Set<String> MAY_BE_ITS_END = Set.of("UNDEFINED", "STOPPED");
    private static final long NO_SESSION = 0;

    private final LongSupplier nanoClock;
    private final ReadPace pace = new ReadPace();
    private final Set<DomainId> reads = new LinkedHashSet<>();
    private final Map<String, Integer> events = new LinkedHashMap<>();
    private final Set<String> problems = new LinkedHashSet<>();
    private long session = NO_SESSION;
    /** How many domains may have gone since the reads were sifted. */
    private int unsifted;
    private boolean listAll;
    private String lost;
    private boolean closed;

    WorkQueue(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** From here on work is taken in, beginning with a complete listing. */
    synchronized void begin(long newSession) {
        clear();
        session = newSession;
        listAll = true;
    }

    synchronized void end() {
        clear();
        session = NO_SESSION;
    }

    private void clear() {
        reads.clear();
        events.clear();
        unsifted = 0;
        listAll = false;
        lost = null;
    }

    synchronized void event(String name, DomainId id) {
        if (session != NO_SESSION) {
            events.merge(name, 1, Integer::sum);
            unsifted += reads.add(id) && MAY_BE_ITS_END.contains(name) ? 1 : 0;
            notifyAll();
        }
    }

    synchronized void read(DomainId id) {
        if (session != NO_SESSION) {
            reads.add(id);
            notifyAll();
        }
    }

    /** Domains that were sifted and are still there. */
    synchronized void giveBack(Collection<DomainId> ids) {
        if (session != NO_SESSION) {
            reads.addAll(ids);
        }
    }

    synchronized void listAll() {
        if (session != NO_SESSION) {
            listAll = true;
            notifyAll();
        }
    }

    /** A late word about a session that has ended is not one about its successor. */
    synchronized void lost(long ofSession, String reason) {
        if (ofSession == session && session != NO_SESSION && lost == null) {
            lost = reason;
            notifyAll();
        }
    }

    /** Something worth telling; equal ones that wait are one, and more than a few are dropped. */
    synchronized void problem(String problem) {
        if (problems.size() < MAX_PROBLEMS) {
            problems.add(problem);
            notifyAll();
        }
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** True where a long piece of work had better stop. */
    synchronized boolean isInterrupted() {
        return closed || lost != null;
    }

    /** Waits for {@link #close}; true once it was called. */
    synchronized boolean awaitClosed(Duration atMost) {
        long end = nanoClock.getAsLong() + atMost.toNanos();
        for (long left = atMost.toNanos(); !closed && left > 0; left = end - nanoClock.getAsLong()) {
            pause(left);
        }
        return closed;
    }

    /** The next thing to do; waits for one. */
    synchronized Work take() {
        while (true) {
            Optional<Work> next = poll();
            if (next.isPresent()) {
                return next.get();
            }
            pause(nanosUntilDue());
        }
    }

    /** The next thing to do now. A listing takes the waiting reads with it. */
    synchronized Optional<Work> poll() {
        if (closed) {
            return Optional.of(new Work.Closed());
        }
        if (lost != null) {
            return Optional.of(new Work.Lost(lost));
        }
        if (!events.isEmpty() || !problems.isEmpty()) {
            return Optional.of(takeTell());
        }
        if (listAll) {
            listAll = false;
            return Optional.of(new Work.ListAll(takeReads()));
        }
        if (unsifted >= MANY) {
            return Optional.of(new Work.Sift(takeReads()));
        }
        long now = nanoClock.getAsLong();
        for (DomainId id : reads) {
            if (pace.delayNanos(id, now) <= 0) {
                reads.remove(id);
                pace.onRead(id, now);
                return Optional.of(new Work.Read(id));
            }
        }
        return Optional.empty();
    }

    /** At least 1, since a wait for 0 is one for ever. */
    private long nanosUntilDue() {
        long now = nanoClock.getAsLong();
        return reads.stream().mapToLong(id -> Math.max(1, pace.delayNanos(id, now))).min().orElse(Long.MAX_VALUE);
    }

    private Set<DomainId> takeReads() {
        Set<DomainId> named = Collections.unmodifiableSet(new LinkedHashSet<>(reads));
        reads.clear();
        unsifted = 0;
        return named;
    }

    private Work takeTell() {
        List<String> said = new ArrayList<>(problems);
        Map<String, Integer> counts = new LinkedHashMap<>(events);
        problems.clear();
        events.clear();
        return new Work.Tell(counts, said);
    }

    /** The taking thread is the hypervisor's own; whoever interrupts it wants it to end. */
    private void pause(long nanos) {
        try {
            wait(nanos / 1_000_000, (int) (nanos % 1_000_000));
        } catch (InterruptedException e) {
            closed = true;
        }
    }
}
