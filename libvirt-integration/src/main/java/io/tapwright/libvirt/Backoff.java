package io.tapwright.libvirt;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait before the next attempt: doubles up to a cap, less up to a half by chance. One thread. */
final class Backoff {

    private final Duration first;
    private final Duration cap;
    private final RandomGenerator random;
    private Duration step;

    Backoff(Duration first, Duration cap, RandomGenerator random) {
        this.first = first;
        this.cap = cap;
        this.random = random;
        this.step = first;
    }

    Duration next() {
        Duration full = step;
        Duration doubled = step.multipliedBy(2);
        step = doubled.compareTo(cap) < 0 ? doubled : cap;
        return full.minusNanos((long) (random.nextDouble() * full.toNanos() / 2));
    }

    void reset() {
        step = first;
    }
}
