package io.tapwright.control;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * How long to wait before a key that failed is tried again: doubling from {@link #FIRST} to {@link #LAST}, with a
 * quarter of jitter either way so that many that failed together don't come back together.
 *
 * <p>Used by any worker; guarded by its own monitor.
 */
final class Backoff {

    static final Duration FIRST = Duration.ofMillis(200);
    static final Duration LAST = Duration.ofSeconds(30);
    private static final double JITTER = 0.25;

    private final Map<Key, Integer> failures = new HashMap<>();
    private final RandomGenerator random;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /** Counts a failure of the key and says how long to wait. */
    synchronized Duration next(Key key) {
        int count = failures.merge(key, 1, Integer::sum);
        long millis = Math.min(LAST.toMillis(), FIRST.toMillis() << Math.min(count - 1, 16));
        return Duration.ofMillis((long) (millis * (1 - JITTER + 2 * JITTER * random.nextDouble())));
    }

    synchronized int failures(Key key) {
        return failures.getOrDefault(key, 0);
    }

    synchronized void succeeded(Key key) {
        failures.remove(key);
    }
}
