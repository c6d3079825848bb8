package io.tapwright.bench.forwarding;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.function.ToDoubleFunction;

/**
 * What came of one run.
 *
 * @param framesPerSecond that arrived
 * @param gbitPerSecond   of their bytes
 * @param lost            the share of the frames sent that did not arrive
 * @param refused         the share of bursts that the sender's ring did not take whole, for it was full; where it is near 0,
 *                        the guests' side was the limit
 * @param waited          the share of the time in which a thread that counts was ready to run, and others had its core
 */
record Measurement(double framesPerSecond, double gbitPerSecond, double lost, double refused, double waited) {

    private static final double DISTURBED = 0.03;

    static Measurement of(Collection<JsonNode> generators, double waited) {
        return new Measurement(sum(generators, g -> g.get("framesPerSecond").asDouble()),
                sum(generators, g -> g.get("gbitPerSecond").asDouble()),
                sum(generators, g -> g.get("lostOfAll").asDouble()) / generators.size(),
                sum(generators, g -> g.get("refusedOfBursts").asDouble()) / generators.size(), waited);
    }

    private static double sum(Collection<JsonNode> generators, ToDoubleFunction<JsonNode> value) {
        return generators.stream().mapToDouble(value).sum();
    }

    double megaFrames() {
        return framesPerSecond / 1e6;
    }

    /** Whether somebody else had too much of the cores for it to count. */
    boolean disturbed() {
        return waited > DISTURBED;
    }
}
