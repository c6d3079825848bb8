package io.tapwright.control;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Keys that wait for work. Equal keys that wait are one; a key that is being worked on and is added again waits until
 * that work is done, so the same key is never worked on twice at once. Bounded by the number of different keys.
 *
 * <p>Any thread may add; workers {@link #take} and must call {@link #done} for each key taken.
 */
final class WorkQueue<K> {

    private final LongSupplier nanoClock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    private final Set<K> urgent = new LinkedHashSet<>();
    private final Map<K, Long> waitingSince = new LinkedHashMap<>();
    private final PriorityQueue<Delayed<K>> delayed = new PriorityQueue<>();
    private final Map<K, Long> dueAt = new HashMap<>();
    private final Set<K> working = new HashSet<>();
    private final Map<K, List<CompletableFuture<Void>>> waiters = new HashMap<>();
    private final Map<K, List<CompletableFuture<Void>>> waitersOfRun = new HashMap<>();
    private boolean closed;

    /** @param nanoClock as {@link System#nanoTime} */
    WorkQueue(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    void add(K key) {
        lock.lock();
        try {
            enqueue(key);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Adds the key ahead of all others; the answer completes when work that began after this call is done, and fails
     * where the work or the queue did.
     */
    CompletableFuture<Void> addUrgent(K key) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        lock.lock();
        try {
            if (closed) {
                return CompletableFuture.failedFuture(closedQueue());
            }
            waiters.computeIfAbsent(key, k -> new ArrayList<>()).add(done);
            urgent.add(key);
            enqueue(key);
        } finally {
            lock.unlock();
        }
        return done;
    }

    /** Adds the key after a while; of several delays of one key the earliest counts. */
    void addAfter(K key, Duration delay) {
        lock.lock();
        try {
            long due = nanoClock.getAsLong() + delay.toNanos();
            Long known = dueAt.get(key);
            if (known == null || due - known < 0) {
                dueAt.put(key, due);
                delayed.add(new Delayed<>(key, due));
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a key; null once the queue is closed. */
    K take() throws InterruptedException {
        lock.lock();
        try {
            while (!closed) {
                releaseDue();
                K key = next();
                if (key != null) {
                    return key;
                }
                awaitChange();
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** A key that is ready now, or null; for tests that drive the work by hand. */
    K poll() {
        lock.lock();
        try {
            releaseDue();
            return next();
        } finally {
            lock.unlock();
        }
    }

    /** @param failure why the work came to nothing, or null */
    void done(K key, Throwable failure) {
        List<CompletableFuture<Void>> finished;
        lock.lock();
        try {
            working.remove(key);
            finished = waitersOfRun.remove(key);
            if (waitingSince.containsKey(key)) {
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
        if (finished != null) {
            finished.forEach(f -> finish(f, failure));
        }
    }

    int depth() {
        lock.lock();
        try {
            return waitingSince.size();
        } finally {
            lock.unlock();
        }
    }

    /** How long the key that waits longest has been ready. */
    Duration oldestAge() {
        lock.lock();
        try {
            long now = nanoClock.getAsLong();
            return Duration.ofNanos(waitingSince.values().stream().mapToLong(since -> now - since).max().orElse(0));
        } finally {
            lock.unlock();
        }
    }

    /** Hands out no more keys; whoever waits for one that nobody has taken yet waits in vain and is told so. */
    void close() {
        List<CompletableFuture<Void>> abandoned = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            waiters.values().forEach(abandoned::addAll);
            waiters.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        abandoned.forEach(f -> finish(f, closedQueue()));
    }

    private static IllegalStateException closedQueue() {
        return new IllegalStateException("Tapwright is stopping");
    }

    private static void finish(CompletableFuture<Void> waiter, Throwable failure) {
        if (failure == null) {
            waiter.complete(null);
        } else {
            waiter.completeExceptionally(failure);
        }
    }

    private void enqueue(K key) {
        waitingSince.putIfAbsent(key, nanoClock.getAsLong());
        changed.signal();
    }

    private void releaseDue() {
        long now = nanoClock.getAsLong();
        while (!delayed.isEmpty() && delayed.peek().due() - now <= 0) {
            Delayed<K> first = delayed.poll();
            if (dueAt.remove(first.key(), first.due())) {
                enqueue(first.key());
            }
        }
    }

    private K next() {
        for (K key : urgent) {
            if (!working.contains(key)) {
                urgent.remove(key);
                return begin(key);
            }
        }
        for (K key : waitingSince.keySet()) {
            if (!working.contains(key)) {
                return begin(key);
            }
        }
        return null;
    }

    private K begin(K key) {
        waitingSince.remove(key);
        urgent.remove(key);
        working.add(key);
        List<CompletableFuture<Void>> waiting = waiters.remove(key);
        if (waiting != null) {
            waitersOfRun.put(key, waiting);
        }
        return key;
    }

    /**
     * Whoever waits last knows of the first delay, and the condition wakes those first that have waited longest, so one
     * that knows of it is left as long as anybody waits.
     */
    private void awaitChange() throws InterruptedException {
        if (delayed.isEmpty()) {
            changed.await();
        } else {
            changed.awaitNanos(Math.max(1, delayed.peek().due() - nanoClock.getAsLong()));
        }
    }

    private record Delayed<K>(K key, long due) implements Comparable<Delayed<K>> {
        @Override
        public int compareTo(Delayed<K> other) {
            return Long.signum(due - other.due);
        }
    }
}
