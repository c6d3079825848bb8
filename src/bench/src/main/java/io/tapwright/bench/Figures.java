package io.tapwright.bench;

import java.util.Arrays;
import java.util.Collection;

/** Order statistics of what was measured. */
public final class Figures {

    private final double[] sorted;

    private Figures(double[] sorted) {
        this.sorted = sorted;
        Arrays.sort(sorted);
    }

    /** @throws IllegalArgumentException where there is nothing */
    public static Figures of(Collection<? extends Number> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("nothing was measured");
        }
        return new Figures(values.stream().mapToDouble(Number::doubleValue).toArray());
    }

    int count() {
        return sorted.length;
    }

    double sum() {
        return Arrays.stream(sorted).sum();
    }

    double mean() {
        return sum() / count();
    }

    public double median() {
        return percentile(50);
    }

    public double least() {
        return sorted[0];
    }

    public double most() {
        return sorted[sorted.length - 1];
    }

    /** The nearest rank: the least value that {@code percent} of all are not above. */
    public double percentile(double percent) {
        return sorted[Math.clamp((int) Math.ceil(percent / 100 * sorted.length) - 1, 0, sorted.length - 1)];
    }
}
