package io.tapwright.bench.forwarding;

import java.util.List;

/**
 * How far apart the two cores are: a hypervisor may run its virtual cores on whichever it likes, and what two that share
 * memory reach differs by more than twice between those that share a cache and those that do not.
 */
enum CoreDistance {
    NEAR("cores that share a cache"),
    FAR("cores that share no cache"),
    /** It changed meanwhile. */
    CHANGED("");

    /** Between the two kinds: a cache line goes and comes back in about 100 ns, or in 400 and more. */
    private static final double LIMIT_NANOS = 200;

    /** At which something was measured; what was measured while it changed counts for none. */
    static final List<CoreDistance> STEADY = List.of(NEAR, FAR);

    private final String title;

    CoreDistance(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /** @param before and after in nanoseconds, that a cache line takes to the other core and back */
    static CoreDistance of(double before, double after) {
        if (before <= LIMIT_NANOS != after <= LIMIT_NANOS) {
            return CHANGED;
        }
        return before <= LIMIT_NANOS ? NEAR : FAR;
    }
}
