package io.tapwright.bench;

import java.time.Duration;

/**
 * Domains start and stop, twenty thousand times: what grows, leaks. A cycle ends when libvirt has stopped the domain; each
 * domain rests long enough in between that the agent looks at every start and every stop.
 */
final class SoakBenchmark implements Benchmark {

    private static final Fleet FLEET = new Fleet(200, 1);
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int STEP = 1000;
    private static final double MIB = 1024 * 1024;
    private static final long NANOS_A_CYCLE = 8_000_000;

    private final int cycles;

    SoakBenchmark(int cycles) {
        this.cycles = cycles;
    }

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Soak: " + cycles + " cycles of start and stop over " + FLEET.domains() + " domains");
        try (BenchLab lab = BenchLab.up(tools); Libvirt libvirt = new Libvirt(lab.uri())) {
            FLEET.define(libvirt);
            try (BenchAgent agent = BenchAgent.start(lab, FLEET.yaml(Duration.ofSeconds(30)))) {
                agent.awaitReady();
                agent.awaitNics("ready", FLEET.size(), PATIENCE);
                double heap = agent.liveHeap() / MIB;
                report.header("cycles", "seconds", "RSS, MiB", "threads", "open files", "taps", "reconciles", "CPU, ms a cycle");
                long begun = System.nanoTime();
                row(report, agent, 0, begun, 0);
                for (int done = 0; done < cycles; done += STEP) {
                    long ticks = agent.cpuTicks();
                    cycle(libvirt, done, begun);
                    agent.awaitNics("ready", FLEET.size(), PATIENCE);
                    row(report, agent, done + STEP, begun, (agent.cpuTicks() - ticks) * 10.0 / STEP);
                }
                report.line("%nheap in use after a collection: %s MiB before, %s MiB after; RSS also counts heap that was used"
                        + " and is free again", Report.figure(heap), Report.figure(agent.liveHeap() / MIB));
                report.line("%nwarnings in the agent's log, those that lines were left out included: %d", agent.warnings());
            }
        }
        report.load();
    }

    /** Half of the domains run at any time. */
    private static void cycle(Libvirt libvirt, int done, long begun) {
        int half = FLEET.domains() / 2;
        for (int i = 0; i < STEP + half; i++) {
            if (i < STEP) {
                libvirt.start(FLEET.domain(i % FLEET.domains()));
            }
            if (i >= half) {
                libvirt.destroy(FLEET.domain((i - half) % FLEET.domains()));
            }
            long early = begun + (done + Math.min(i, STEP)) * NANOS_A_CYCLE - System.nanoTime();
            if (early > 1_000_000) {
                BenchAgent.pause(early / 1_000_000);
            }
        }
    }

    private static void row(Report report, BenchAgent agent, int done, long begun, double cpuMillis) {
        double reconciles = agent.settledReconciles();
        report.row(done, Report.figure((System.nanoTime() - begun) / 1e9), Report.figure(agent.kib("VmRSS") / 1024.0),
                agent.threads(), agent.files(), agent.devices(Fleet.prefix(0)), Report.figure(reconciles),
                done == 0 ? "" : Report.figure(cpuMillis));
    }
}
