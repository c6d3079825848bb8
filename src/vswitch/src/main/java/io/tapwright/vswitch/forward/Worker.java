package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.posix.CallingThread;
import io.tapwright.vswitch.posix.Epoll;
import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.MemoryGuard;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A thread that carries frames: looks at its sources in turn while there is traffic, and sleeps until one of them calls
 * once there was none for a while. {@link #add} and {@link #remove} are for the loop; all else is the worker's own.
 */
public final class Worker implements AutoCloseable {

    /** In this many rounds it looks at its descriptors once, with a system call. */
    private static final int ROUNDS_PER_LOOK = 32;
    private static final int SPINS = 10;
    private static final int MOST_CALLS = 64;
    private static final long WAKE = -1;

    private final long pollNanos;
    private final Runnable onCut;
    private final Consumer<Throwable> onFailure;
    private final Epoll epoll = new Epoll(MOST_CALLS);
    private final Fd wake = EventFd.create();
    private final EventFd events = new EventFd();
    private final EventFd wakerEvents = new EventFd();
    private final FrameBatch batch = new FrameBatch();
    private final Forwarder forwarder = new Forwarder();
    private final CallingThread thread;

    /** Replaced, never changed. */
    private volatile List<Registration> registrations = List.of();
    private volatile boolean closed;
    private int nowSeconds;
    private long lastKey;

    private record Registration(long key, Source source, Fd calls) {
    }

    /**
     * @param pollNanos how long it looks for traffic after the last before it sleeps
     * @param onCut     is told when memory that a peer has shared is gone, see {@link MemoryGuard}; on the worker's thread
     * @param onFailure hears what should not happen; likewise
     */
    public Worker(String name, long pollNanos, Runnable onCut, Consumer<Throwable> onFailure) {
        this.pollNanos = pollNanos;
        this.onCut = onCut;
        this.onFailure = onFailure;
        epoll.add(wake, WAKE);
        thread = new CallingThread(name, this::run);
    }

    public void start() {
        thread.start();
    }

    public CallingThread thread() {
        return thread;
    }

    // -- the loop -------------------------------------------------------------------------------

    /** @param calls readable when the source has something, if nobody looks by himself */
    public synchronized void add(Source source, Fd calls) {
        List<Registration> next = new ArrayList<>(registrations);
        Registration registration = new Registration(++lastKey, source, calls);
        next.add(registration);
        if (source.isCalledByWrites()) {
            epoll.addForWrites(calls, registration.key);
        } else {
            epoll.add(calls, registration.key);
        }
        registrations = List.copyOf(next);
        wake();
    }

    /** The worker may look at it once more; whoever removes it holds the source's lock before he takes anything from it. */
    public synchronized void remove(Source source) {
        List<Registration> next = new ArrayList<>(registrations);
        next.removeIf(registration -> {
            if (registration.source != source) {
                return false;
            }
            epoll.remove(registration.calls);
            return true;
        });
        registrations = List.copyOf(next);
        wake();
    }

    public synchronized void wake() {
        wakerEvents.signal(wake.number());
    }

    @Override
    public void close() {
        closed = true;
        wake();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        epoll.close();
        wake.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // -- the worker -----------------------------------------------------------------------------

    private void run() {
        long lastWork = System.nanoTime();
        long cuts = MemoryGuard.cuts();
        for (int round = 0; !closed; round++) {
            if (cuts != MemoryGuard.cuts()) {
                cuts = MemoryGuard.cuts();
                onCut.run();
            }
            List<Registration> sources = registrations;
            boolean worked = false;
            for (int i = 0; i < sources.size(); i++) {
                worked |= carry(sources.get(i).source);
            }
            if (round % ROUNDS_PER_LOOK == 0) {
                answerCalls(sources, 0);
            }
            if (worked) {
                // The clock is read once in a while only: a round with work takes a microsecond or more.
                if (round % ROUNDS_PER_LOOK == 0) {
                    lastWork = now();
                } else {
                    lastWork = Long.MIN_VALUE;
                }
                continue;
            }
            if (lastWork == Long.MIN_VALUE) {
                lastWork = now();
            } else if (now() - lastWork > pollNanos) {
                sleep(sources);
                lastWork = now();
            } else {
                pause();
            }
        }
    }

    /**
     * Some tenths of a microsecond: a guest that is about to send fills its ring meanwhile, and does not lose the line that
     * its index is in to us after every frame.
     */
    private static void pause() {
        for (int i = 0; i < SPINS; i++) {
            Thread.onSpinWait();
        }
    }

    private long now() {
        long nanos = System.nanoTime();
        nowSeconds = (int) (nanos / 1_000_000_000L);
        return nanos;
    }

    /** Forwards one batch of a source; true if there was any. */
    private boolean carry(Source source) {
        try {
            if (!source.receive(batch)) {
                return false;
            }
            forwarder.forward(source.segment(), source.port(), source.offloads(), source.drops(), batch, nowSeconds);
            source.giveBack(batch);
            batch.clear();
            return true;
        } catch (RuntimeException | Error e) {
            // Nothing that a guest does may come to this. Should it, one queue comes to its end and not the worker.
            batch.clear();
            source.abandon(e.toString());
            onFailure.accept(e);
            return false;
        }
    }

    private void sleep(List<Registration> sources) {
        boolean quiet = true;
        for (int i = 0; i < sources.size(); i++) {
            quiet &= sources.get(i).source.askForCalls();
        }
        // What wakes it may have been taken note of in this very round: so both are looked at once more.
        if (quiet && !closed && sources == registrations) {
            answerCalls(sources, -1);
        }
        for (int i = 0; i < sources.size(); i++) {
            sources.get(i).source.doWithoutCalls();
        }
    }

    private void answerCalls(List<Registration> sources, int timeoutMillis) {
        int ready = epoll.await(timeoutMillis);
        for (int r = 0; r < ready; r++) {
            long key = epoll.data(r);
            if (key == WAKE) {
                events.drain(wake.number());
                continue;
            }
            for (int i = 0; i < sources.size(); i++) {
                if (sources.get(i).key == key) {
                    sources.get(i).source.called();
                }
            }
        }
    }
}
