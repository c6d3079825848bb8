package io.tapwright.vswitch.posix;

import java.time.Duration;

/** Has a loop try something again, after pauses that grow until it succeeds. The event loop's thread. */
public final class Retry {

    private static final Duration FIRST = Duration.ofMillis(20);
    private static final Duration LAST = Duration.ofMillis(500);

    private final EventLoop loop;
    private Duration delay = FIRST;
    private EventLoop.Timer next;

    public Retry(EventLoop loop) {
        this.loop = loop;
    }

    /** Twice as long after the last time. */
    public void again(Runnable task) {
        next = loop.after(delay, task);
        Duration twice = delay.multipliedBy(2);
        delay = twice.compareTo(LAST) < 0 ? twice : LAST;
    }

    /** After the longest of the pauses. */
    public void late(Runnable task) {
        next = loop.after(LAST, task);
    }

    /** After so long, and not before, whatever was to be tried. */
    public void after(Duration pause, Runnable task) {
        cancel();
        next = loop.after(pause, task);
    }

    /** It succeeded: the next pause is the shortest again. */
    public void succeeded() {
        delay = FIRST;
    }

    public void cancel() {
        if (next != null) {
            next.cancel();
        }
    }
}
