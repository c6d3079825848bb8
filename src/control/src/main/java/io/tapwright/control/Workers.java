package io.tapwright.control;

import io.tapwright.model.host.HostNetworkException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The threads that take keys and have them worked on; decides when a key is tried again.
 *
 * <p>Owns the {@code reconcile-N} threads.
 */
final class Workers implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final WorkQueue<Key> queue;
    private final Reconciler reconciler;
    private final Disposal disposal;
    private final Sweeper sweeper;
    private final Backoff backoff;
    private final Inventory inventory;
    private final BooleanSupplier libvirtIsConnected;
    private final ControlSettings settings;
    private final LongSupplier nanoClock;
    private final ControlListener listener;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<CompletableFuture<Void>> probes = new ConcurrentLinkedQueue<>();

    Workers(WorkQueue<Key> queue, Reconciler reconciler, Disposal disposal, Sweeper sweeper, Backoff backoff,
            Inventory inventory, BooleanSupplier libvirtIsConnected, ControlSettings settings, LongSupplier nanoClock,
            ControlListener listener) {
        this.queue = queue;
        this.reconciler = reconciler;
        this.disposal = disposal;
        this.sweeper = sweeper;
        this.backoff = backoff;
        this.inventory = inventory;
        this.libvirtIsConnected = libvirtIsConnected;
        this.settings = settings;
        this.nanoClock = nanoClock;
        this.listener = listener;
    }

    void start() {
        for (int i = 1; i <= settings.workers(); i++) {
            threads.add(Thread.ofPlatform().name("reconcile-" + i).daemon().start(this::run));
        }
    }

    /** Completes once a worker has come back to the queue. */
    CompletableFuture<Void> probe() {
        CompletableFuture<Void> probe = new CompletableFuture<>();
        probes.add(probe);
        queue.add(new Key.Probe());
        return probe;
    }

    /** Does all that is ready on the calling thread; for tests that drive the work by hand. */
    void drain() {
        for (Key key = queue.poll(); key != null; key = queue.poll()) {
            work(key);
        }
    }

    @Override
    public void close() {
        queue.close();
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            try {
                thread.join(PATIENCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run() {
        try {
            for (Key key = queue.take(); key != null; key = queue.take()) {
                survive(key);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Not even an error ends a worker: the others would have to do without it for good. */
    private void survive(Key key) {
        try {
            work(key);
        } catch (Error e) {
            listener.problem("could not reconcile " + key + ": " + e);
            queue.addAfter(key, Backoff.LAST);
        }
    }

    private void work(Key key) {
        long begun = nanoClock.getAsLong();
        Throwable failure = null;
        try {
            settle(key, attempt(key));
        } catch (RuntimeException e) {
            failure = e;
            queue.addAfter(key, backoff.next(key));
            listener.problem("could not reconcile " + key + ": " + (e instanceof HostNetworkException ? e.getMessage() : e));
        } catch (Error e) {
            failure = e;
            throw e;
        } finally {
            queue.done(key, failure);
            listener.reconciled(key.kind(), key, Duration.ofNanos(nanoClock.getAsLong() - begun));
        }
    }

    private void settle(Key key, Outcome outcome) {
        switch (outcome) {
            case Outcome.Done() -> backoff.succeeded(key);
            case Outcome.LookAgain(Duration after) -> {
                backoff.succeeded(key);
                queue.addAfter(key, after);
            }
            case Outcome.Waiting() -> queue.addAfter(key, backoff.next(key));
            case Outcome.Failed() -> {
                Duration delay = backoff.next(key);
                queue.addAfter(key, delay);
                listener.retrying(key.kind(), key.toString(), backoff.failures(key), delay);
            }
        }
    }

    private Outcome attempt(Key key) {
        return switch (key) {
            case Key.Domain(var id) -> reconciler.domain(id);
            case Key.Network(var name) -> reconciler.network(name);
            case Key.Sweep() -> sweep();
            case Key.Disposal() -> disposal.carryOut();
            case Key.Probe() -> answerProbes();
        };
    }

    private Outcome sweep() {
        Sweeper.Result result = sweeper.sweep(libvirtIsConnected.getAsBoolean() && inventory.isComplete());
        settings.catalog().networks().keySet().stream().sorted().forEach(name -> queue.add(new Key.Network(name)));
        result.toLookAt().forEach(id -> queue.add(new Key.Domain(id)));
        Overview overview = reconciler.overview(result.seen());
        inventory.entries().stream().filter(entry -> !overview.isSettled(entry))
                .forEach(entry -> queue.add(new Key.Domain(entry.id())));
        return result.outcome();
    }

    private Outcome answerProbes() {
        reconciler.probe();
        for (CompletableFuture<Void> probe = probes.poll(); probe != null; probe = probes.poll()) {
            probe.complete(null);
        }
        return Outcome.DONE;
    }
}
