package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Spaces the reads of one domain, so that a storm of events costs a few: {@link #BURST} in a row at once, then one each
 * {@link #INTERVAL}. The next in a storm comes late, never not at all. Guarded by its owner.
 *
 * <p>The generic cell rate algorithm: one number for each domain, the time at which it would be out of debt.
 */
final class ReadPace {

    static final int BURST = 4;
    static final Duration INTERVAL = Duration.ofMillis(250);

    private static final long INTERVAL_NANOS = INTERVAL.toNanos();
    private static final long TOLERANCE_NANOS = (BURST - 1) * INTERVAL_NANOS;
    private static final int PURGE_ABOVE = 256;

    private final Map<DomainId, Long> clearAt = new HashMap<>();
    private int purgeAbove = PURGE_ABOVE;

    /** Nanoseconds until the domain may be read, 0 or less for now. */
    long delayNanos(DomainId id, long nowNanos) {
        Long clear = clearAt.get(id);
        return clear == null ? 0 : clear - TOLERANCE_NANOS - nowNanos;
    }

    void onRead(DomainId id, long nowNanos) {
        Long clear = clearAt.get(id);
        long start = clear == null || clear - nowNanos < 0 ? nowNanos : clear;
        clearAt.put(id, start + INTERVAL_NANOS);
        if (clearAt.size() > purgeAbove) {
            clearAt.values().removeIf(c -> c - nowNanos <= 0);
            purgeAbove = Math.max(PURGE_ABOVE, 2 * clearAt.size());
        }
    }
}
