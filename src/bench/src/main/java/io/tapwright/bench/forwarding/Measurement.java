package io.tapwright.bench.forwarding;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What came of one run.
 *
 * @param framesPerSecond that arrived
 * @param gbitPerSecond   of their bytes
 * @param lost            the share of the frames sent that did not arrive
 * @param refused         the share of bursts that the sender's ring did not take whole, for it was full; where it is near 0,
 *                        the guests' side was the limit
 * @param waited          the share of the time in which a thread that counts was ready to run, and others had its core
 * @param evenness        the least of its quarters of a second to the most; 1 where the guests don't say
 * @param distance        of the two cores
 */
record Measurement(double framesPerSecond, double gbitPerSecond, double lost, double refused, double waited, double evenness,
        CoreDistance distance) {

    private static final double DISTURBED = 0.03;
    /** Below, the cores were exchanged and exchanged back: near ones reach more than this times as much as far ones. */
    private static final double LEAST_EVENNESS = 0.75;

    /** Without the distance of the cores, so far: it counts nowhere before {@link #at} was told that. */
    static Measurement of(JsonNode result, double waited) {
        return new Measurement(result.get("framesPerSecond").asDouble(), result.get("gbitPerSecond").asDouble(),
                result.get("lostOfAll").asDouble(), result.get("refusedOfBursts").asDouble(), waited, evenness(result),
                CoreDistance.CHANGED);
    }

    private static double evenness(JsonNode result) {
        return result.has("leastOfSlices") ? result.get("leastOfSlices").asDouble() / result.get("mostOfSlices").asDouble() : 1;
    }

    /** @param measured before and after */
    Measurement at(CoreDistance measured) {
        return new Measurement(framesPerSecond, gbitPerSecond, lost, refused, waited, evenness,
                evenness < LEAST_EVENNESS ? CoreDistance.CHANGED : measured);
    }

    double megaFrames() {
        return framesPerSecond / 1e6;
    }

    /** The share of the time that others had; all of it where the cores were exchanged under way. */
    double disturbance() {
        return distance == CoreDistance.CHANGED ? 1 : waited;
    }

    /** Whether that is too much for it to count. */
    boolean disturbed() {
        return disturbance() > DISTURBED;
    }
}
