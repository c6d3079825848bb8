package io.tapwright.hostnet;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the kernel said last of each device, kept until it has said no more of it for a moment: whoever configures a
 * device causes half a dozen notifications within less than a millisecond, and the last of them tells how it stands now.
 *
 * <p>One thread. Bounded by the number of devices that change within {@link #LONGEST}.
 */
final class LatestNews<T> {

    /** What follows within this time belongs to the same change. */
    static final Duration QUIET = Duration.ofMillis(5);
    /** Of a device that never stands still, this often at least. */
    static final Duration LONGEST = Duration.ofMillis(25);

    /** In the order of the last news. */
    private final Map<Integer, Kept<T>> byDevice = new LinkedHashMap<>();

    private record Kept<T>(T news, long firstNanos, long lastNanos) {

        boolean isDue(long nowNanos) {
            return nowNanos - lastNanos >= QUIET.toNanos() || nowNanos - firstNanos >= LONGEST.toNanos();
        }
    }

    /** Takes the place of what was said of this device before. */
    void put(int device, T news, long nowNanos) {
        Kept<T> before = byDevice.remove(device);
        byDevice.put(device, new Kept<>(news, before == null ? nowNanos : before.firstNanos, nowNanos));
    }

    /** What is kept of a device, or null. */
    T of(int device) {
        Kept<T> kept = byDevice.get(device);
        return kept == null ? null : kept.news;
    }

    boolean isEmpty() {
        return byDevice.isEmpty();
    }

    /** Gives out what is old enough, in the order in which it was said. */
    List<T> takeDue(long nowNanos) {
        List<T> due = new ArrayList<>();
        for (Iterator<Kept<T>> all = byDevice.values().iterator(); all.hasNext(); ) {
            Kept<T> kept = all.next();
            if (kept.isDue(nowNanos)) {
                due.add(kept.news);
                all.remove();
            }
        }
        return due;
    }
}
