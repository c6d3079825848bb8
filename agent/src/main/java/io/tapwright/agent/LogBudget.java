package io.tapwright.agent;

import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * So many lines at once, and so many a second after that: a thousand VMs that start together, or something that flaps,
 * must not fill the disk. What is dropped is counted and told with the next line that is not. Any thread.
 */
final class LogBudget {

    private static final double NANOS_PER_SECOND = 1e9;

    private final LongSupplier nanoClock;
    private final int burst;
    private final int perSecond;
    private double lines;
    private long lastNanos;
    private long dropped;

    LogBudget(LongSupplier nanoClock, int burst, int perSecond) {
        this.nanoClock = nanoClock;
        this.burst = burst;
        this.perSecond = perSecond;
        this.lines = burst;
        this.lastNanos = nanoClock.getAsLong();
    }

    /**
     * Runs {@code line} if there is budget for it.
     *
     * @param ofDropped is told first how many were dropped before it, if any were
     */
    void spend(LongConsumer ofDropped, Runnable line) {
        long before;
        synchronized (this) {
            long now = nanoClock.getAsLong();
            lines = Math.min(burst, lines + (now - lastNanos) / NANOS_PER_SECOND * perSecond);
            lastNanos = now;
            if (lines < 1) {
                dropped++;
                return;
            }
            lines--;
            before = dropped;
            dropped = 0;
        }
        if (before > 0) {
            ofDropped.accept(before);
        }
        line.run();
    }
}
