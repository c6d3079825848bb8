package io.tapwright.bench.forwarding;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * What came of one run.
 *
 * @param framesPerSecond that arrived
 * @param gbitPerSecond   of their bytes
 * @param lost            the share of the frames sent that did not arrive
 * @param refused         the share of bursts that the sender's ring did not take whole, for it was full; where it is near 0,
 *                        the guests' side was the limit
 * @param waited          the share of the time in which a thread that counts was ready to run, and others had its core
 * @param slices          of the time, in which it is known how far apart the two cores were; empty where the guests don't say
 * @param distance        of the two cores
 */
record Measurement(double framesPerSecond, double gbitPerSecond, double lost, double refused, double waited, List<Slice> slices,
        CoreDistance distance) {

    private static final double DISTURBED = 0.03;
    /** Fewer are no measurement: of a quarter of a second each. */
    private static final int LEAST_SLICES = 4;

    /** Some of the time. */
    record Slice(double framesPerSecond, CoreDistance distance) {

        private static Slice of(JsonNode slice) {
            return new Slice(slice.get("framesPerSecond").asDouble(),
                    CoreDistance.of(slice.get("nanosBefore").asDouble(), slice.get("nanosAfter").asDouble()));
        }
    }

    /** Without the distance of the cores, so far: it counts nowhere before {@link #told} was asked. */
    static Measurement of(JsonNode result, double waited) {
        return new Measurement(result.get("framesPerSecond").asDouble(), result.get("gbitPerSecond").asDouble(),
                result.get("lostOfAll").asDouble(), result.get("refusedOfBursts").asDouble(), waited,
                StreamSupport.stream(result.path("slices").spliterator(), false).map(Slice::of).toList(), CoreDistance.CHANGED);
    }

    /**
     * Tells the times apart at which the cores were near and far.
     *
     * @param around the distance before and after all of it, for guests that don't say more
     * @return of each distance at which there was time enough; all of it as one that changed where there was at none
     */
    List<Measurement> told(CoreDistance around) {
        List<Measurement> parts = new ArrayList<>();
        if (slices.isEmpty()) {
            parts.add(at(around, framesPerSecond));
        }
        for (CoreDistance steady : CoreDistance.STEADY) {
            List<Slice> some = slices.stream().filter(slice -> slice.distance == steady).toList();
            if (some.size() >= LEAST_SLICES) {
                parts.add(at(steady, some.stream().mapToDouble(Slice::framesPerSecond).average().orElseThrow()));
            }
        }
        return parts.isEmpty() ? List.of(this) : parts;
    }

    private Measurement at(CoreDistance steady, double rate) {
        return new Measurement(rate, gbitPerSecond * rate / framesPerSecond, lost, refused, waited, slices, steady);
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
