package io.tapwright.bench.forwarding;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** One measurement, begun once the guests are ready, and whether others had the cores meanwhile. */
final class Run {

    private static final double MARGIN_SECONDS = 0.2;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Run() {
    }

    static Measurement of(BackEnd backEnd, Guests guests, Cores cores) throws IOException, InterruptedException {
        guests.awaitReady();
        guests.begin();
        double waited = waited(List.of(backEnd.pid(), guests.pid()), cores);
        JsonNode result = guests.result(PATIENCE);
        if (result.get("strays").asLong() > 0 || result.get("received").asLong() == 0) {
            throw new IllegalStateException("frames went astray, or none arrived: " + result);
        }
        return Measurement.of(result, waited);
    }

    /**
     * The largest share of the measured time in which the busiest thread of one of the processes waited for its core, or the
     * hypervisor had given the core away.
     */
    private static double waited(List<Long> processes, Cores cores) throws IOException, InterruptedException {
        Thread.sleep((long) ((Traffic.WARM_UP_SECONDS + MARGIN_SECONDS) * 1000));
        List<CpuTime> before = List.of(CpuTime.of(processes.getFirst()), CpuTime.of(processes.getLast()));
        long[] stolen = {CpuTime.stolenNanos(cores.guests()), CpuTime.stolenNanos(cores.backEnd())};
        long begun = System.nanoTime();
        Thread.sleep((long) ((Traffic.SECONDS - 2 * MARGIN_SECONDS) * 1000));
        double nanos = System.nanoTime() - begun;
        double most = Math.max(CpuTime.stolenNanos(cores.guests()) - stolen[0], CpuTime.stolenNanos(cores.backEnd()) - stolen[1]) / nanos;
        for (int i = 0; i < before.size(); i++) {
            most = Math.max(most, CpuTime.of(processes.get(i)).busiestWaitedSince(before.get(i)) / nanos);
        }
        return Math.min(most, 1); // what it waited for before it began to be watched counts, too, once it runs
    }
}
