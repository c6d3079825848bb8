package io.tapwright.control;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Nanoseconds by hand. Every look at it is a microsecond after the one before, as no two moments are the same. */
final class HandClock implements LongSupplier {

    private static final long TICK = 1_000;

    private final AtomicLong now = new AtomicLong(-5_000_000_000L); // so that a comparison of bare values would show

    @Override
    public long getAsLong() {
        return now.addAndGet(TICK);
    }

    void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }
}
