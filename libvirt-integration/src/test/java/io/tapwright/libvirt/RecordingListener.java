package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.ConnectionState;
import io.tapwright.model.domain.ConnectionState.State;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.HypervisorListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Remembers what it hears, in order, and lets a test wait for something. Any thread: a test may look while more is heard,
 * and where it looks at several of these together, it does so in {@link #look}.
 */
final class RecordingListener implements HypervisorListener {

    static final Duration PATIENCE = Duration.ofSeconds(30);

    final List<ConnectionState> states = new CopyOnWriteArrayList<>();
    final List<List<DomainReport>> listings = new CopyOnWriteArrayList<>();
    final List<DomainReport> reports = new CopyOnWriteArrayList<>();
    final List<DomainId> gone = new CopyOnWriteArrayList<>();
    /** When libvirt was asked for each of them. */
    final List<Long> goneAsked = new CopyOnWriteArrayList<>();
    final List<DomainId> unreadable = new CopyOnWriteArrayList<>();
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<String> problems = new CopyOnWriteArrayList<>();
    /** What is known now, from all of the above. */
    final Map<DomainId, DomainReport> known = new ConcurrentHashMap<>();
    /** Names of the threads that called. */
    final List<String> threads = new CopyOnWriteArrayList<>();

    /** Waits until {@code condition} holds. */
    synchronized void await(String what, Predicate<RecordingListener> condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.test(this)) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("waited in vain for: " + what + "\nheard: " + this);
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted while waiting for: " + what, e);
            }
        }
    }

    /** What {@code read} sees without anything being added meanwhile. */
    synchronized <T> T look(Function<RecordingListener, T> read) {
        return read.apply(this);
    }

    void awaitState(State state) {
        await("state " + state, l -> !l.states.isEmpty() && l.states.getLast().state() == state);
    }

    void awaitListing() {
        await("a listing", l -> !l.listings.isEmpty());
    }

    /** States without repetitions, which come where only the reason has changed. */
    synchronized List<State> stateChanges() {
        List<State> changes = new ArrayList<>();
        for (ConnectionState state : states) {
            if (changes.isEmpty() || changes.getLast() != state.state()) {
                changes.add(state.state());
            }
        }
        return changes;
    }

    @Override
    public synchronized void onConnection(ConnectionState state) {
        states.add(state);
        heard();
    }

    @Override
    public synchronized void onListed(List<DomainReport> all, long startedNanos) {
        listings.add(all);
        known.clear();
        all.forEach(report -> known.put(report.id(), report));
        heard();
    }

    @Override
    public synchronized void onDomain(DomainReport report) {
        reports.add(report);
        known.put(report.id(), report);
        heard();
    }

    @Override
    public synchronized void onGone(DomainId id, long readStartedNanos) {
        gone.add(id);
        goneAsked.add(readStartedNanos);
        known.remove(id);
        heard();
    }

    @Override
    public synchronized void onUnreadable(DomainId id, String reason) {
        unreadable.add(id);
        problems.add(reason);
        heard();
    }

    @Override
    public synchronized void onEvent(String name) {
        events.add(name);
        heard();
    }

    @Override
    public synchronized void onProblem(String problem) {
        problems.add(problem);
        heard();
    }

    private void heard() {
        String thread = Thread.currentThread().getName();
        if (!threads.contains(thread)) {
            threads.add(thread);
        }
        notifyAll();
    }

    @Override
    public synchronized String toString() {
        return "states=" + states + "\nevents=" + events + "\nknown=" + known.values() + "\ngone=" + gone + "\nproblems="
                + problems;
    }
}
