package io.tapwright.vswitch.posix;

import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * Gets threads out of calls that a peer has made wait: looks at them now and then, and interrupts one whose counter is
 * full, which no honest peer's is however long a call takes. A signal ends the wait whatever becomes of the counter
 * meanwhile. The pauses between the looks are random, so that a peer who has us wait for less than a pause at a time, again
 * and again, can't do so between them: he is found out once he has taken 200 ms in all, on the average.
 *
 * <p>A thread of its own, which takes no lock of a ring and calls nobody: all the others may be waiting.
 */
public final class Watchdog implements AutoCloseable {

    private static final Duration SHORTEST = Duration.ofMillis(100);
    /** What a call can take at most, but for a signal that comes when it is about to begin: then twice as long. */
    static final Duration LONGEST = Duration.ofMillis(300);

    /** A real-time signal that neither the C library (32 to 34) nor the JDK (62, its NativeThread.c) uses. */
    static final int SIGNAL = 60;

    /** struct sigaction of the C library: handler, mask of 128 bytes, flags, restorer. */
    private static final long SIGACTION_SIZE = 152;

    private final List<CallingThread> threads;
    private final Thread thread;
    private volatile boolean closed;

    public Watchdog(String name, List<CallingThread> threads) {
        this.threads = List.copyOf(threads);
        handleSignal();
        thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /** Does nothing about it, by a function that does nothing; without SA_RESTART, so that what it interrupts answers EINTR. */
    private static void handleSignal() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(SIGACTION_SIZE, 8);
            // In bounds: the handler is the first of the struct's fields. abs takes an int, as a handler does.
            Memory.putLong(action.address(), LibC.addressOf("abs"));
            Fd.checked("sigaction", new LibC().sigaction(SIGNAL, action.address(), 0));
        }
    }

    private void run() {
        while (!closed) {
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(SHORTEST.toNanos(), LONGEST.toNanos()));
            threads.forEach(CallingThread::look);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
