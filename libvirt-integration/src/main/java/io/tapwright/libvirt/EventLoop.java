package io.tapwright.libvirt;

import com.sun.jna.Pointer;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.libvirt.jna.Libvirt.VirEventTimeoutCallback;

/**
 * Runs libvirt's event loop on a daemon thread of its own, with a timer in it that proves that it turns. Without it no
 * event arrives and keep-alive ends every connection. While it runs, libvirt prints no errors on stderr. Any thread.
 */
final class EventLoop implements AutoCloseable {

    private static final int TICK_MILLIS = 500;

    /** Not 0: libvirt's loop (src/util/vireventglib.c) tidies up only where no timer is due. */
    private static final int SOON_MILLIS = 1;

    private static final Duration ALIVE_WITHIN = Duration.ofSeconds(5);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    /**
     * libvirt has one default event loop in a process, and it takes one thread at a time: state of the process, which
     * is why it is static here. A second class loader would not know, so whoever is reloaded closes first.
     */
    private static final Semaphore ONE_OF_THIS_PROCESS = new Semaphore(1);

    private final Consumer<String> problems;
    /** Held for as long as this object is: libvirt knows its address until the timer is removed. */
    private final VirEventTimeoutCallback tick = this::onTick;
    private Thread thread;
    private int timer;
    private boolean closed;
    private long turns;
    private volatile boolean running;
    private volatile long lastTickNanos;

    EventLoop(Consumer<String> problems) {
        this.problems = problems;
    }

    /** False where another loop of this process runs, or this one was closed. */
    synchronized boolean tryStart() throws LibvirtFault {
        if (closed || thread != null || !ONE_OF_THIS_PROCESS.tryAcquire()) {
            return thread != null && !closed;
        }
        timer = LibvirtExtension.LIBVIRT.virEventAddTimeout(TICK_MILLIS, tick, null, null);
        if (timer < 0) {
            ONE_OF_THIS_PROCESS.release();
            throw LibvirtExtension.LIBVIRT.fault("add a timer to libvirt's event loop");
        }
        LibvirtExtension.LIBVIRT.virSetErrorFunc(null, LibvirtExtension.QUIET);
        lastTickNanos = System.nanoTime();
        running = true;
        thread = Thread.ofPlatform().daemon().name("libvirt-events").start(this::run);
        return true;
    }

    /** True while the loop turns; cheap. */
    boolean isAlive() {
        return running && System.nanoTime() - lastTickNanos < ALIVE_WITHIN.toNanos();
    }

    /**
     * Waits until the loop has begun a turn after this call, so that whatever callback was under way has returned and
     * libvirt has let go of what it held for it. False where that did not come in time.
     */
    synchronized boolean awaitTurn(Duration atMost) {
        long now = turns;
        long end = System.nanoTime() + atMost.toNanos();
        if (!running) {
            return false;
        }
        LibvirtExtension.LIBVIRT.virEventUpdateTimeout(timer, SOON_MILLIS);
        for (long left = atMost.toNanos(); turns == now && running && left > 0; left = end - System.nanoTime()) {
            try {
                wait(left / 1_000_000 + 1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return turns != now;
    }

    /** Ends the loop and waits for its thread, two seconds at most; called on another thread. */
    @Override
    public void close() {
        Thread ending;
        synchronized (this) {
            closed = true;
            ending = thread;
            if (running) {
                LibvirtExtension.LIBVIRT.virEventUpdateTimeout(timer, SOON_MILLIS);
            }
        }
        if (ending != null) {
            try {
                ending.join(CLOSE_WAIT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run() {
        try {
            while (!isClosed()) {
                if (LibvirtExtension.LIBVIRT.virEventRunDefaultImpl() < 0) {
                    problems.accept("run libvirt's event loop: " + LibvirtExtension.LIBVIRT.virGetLastErrorMessage());
                    awaitClosedFor(TICK_MILLIS); // it may fail for ever: not as fast as it can
                }
            }
            LibvirtExtension.LIBVIRT.virEventRemoveTimeout(timer);
        } finally {
            running = false;
            LibvirtExtension.LIBVIRT.virSetErrorFunc(null, null); // the callback goes with this class's loader
            ONE_OF_THIS_PROCESS.release();
        }
    }

    private synchronized void awaitClosedFor(long millis) {
        try {
            if (!closed) {
                wait(millis);
            }
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private void onTick(int id, Pointer opaque) {
        try {
            lastTickNanos = System.nanoTime();
            synchronized (this) {
                LibvirtExtension.LIBVIRT.virEventUpdateTimeout(id, TICK_MILLIS); // before a waiter asks for another turn
                turns++;
                notifyAll();
            }
        } catch (Throwable t) { // native code is the caller
            problems.accept("tick of libvirt's event loop: " + t);
        }
    }
}
