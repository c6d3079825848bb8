package io.tapwright.bench;

import java.time.Duration;

/** A host where nothing happens: what the agent takes of it with 1000 NICs wired, and what a scrape costs then. */
final class RestBenchmark implements Benchmark {

    private static final Fleet FLEET = new Fleet(1000, 1);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration RESYNC = Duration.ofSeconds(30);
    private static final int SETTLE_SECONDS = 35;
    private static final int SECONDS = 60;
    private static final int SCRAPES = 100;
    private static final double GOAL_PERCENT = 1;
    private static final double GOAL_MIB = 150;

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Rest: 1000 NICs wired, nothing happens, resync-interval 30 s");
        try (BenchLab lab = BenchLab.up(tools); Libvirt libvirt = new Libvirt(lab.uri())) {
            FLEET.define(libvirt);
            FLEET.start(libvirt);
            try (Holder holder = Holder.start(lab, Fleet.prefix(0), FLEET.domains());
                    BenchAgent agent = BenchAgent.start(lab, FLEET.yaml(RESYNC))) {
                agent.awaitReady();
                agent.awaitNics("wired", FLEET.size(), PATIENCE);
                holder.awaitAll();
                BenchAgent.pause(SETTLE_SECONDS * 1000);
                measure(report, agent);
            }
        }
    }

    private static void measure(Report report, BenchAgent agent) {
        long ticks = agent.cpuTicks();
        long begun = System.nanoTime();
        BenchAgent.pause(SECONDS * 1000);
        double seconds = (System.nanoTime() - begun) / 1e9;
        double percent = (agent.cpuTicks() - ticks) / seconds;
        double atRest = agent.kib("VmRSS") / 1024.0;
        double reconciles = agent.domainReconciles();
        BenchAgent.Requests scrapes = agent.requests("/q/metrics", SCRAPES);
        BenchAgent.Requests statuses = agent.requests("/api/v1/status", SCRAPES);
        double afterwards = agent.kib("VmRSS") / 1024.0;
        report.header("", "");
        report.row("CPU over " + SECONDS + " s, % of a core", Report.figure(percent));
        report.row("RSS at rest, MiB", Report.figure(atRest));
        report.row("RSS after " + SCRAPES + " scrapes and as many statuses, MiB", Report.figure(afterwards));
        report.row("highest RSS, MiB", Report.figure(agent.kib("VmHWM") / 1024.0));
        report.row("heap in use after a collection, MiB", Report.figure(agent.liveHeap() / 1024.0 / 1024));
        report.row("threads", agent.threads());
        report.row("open files", agent.files());
        report.row("reconciles of a NIC so far", Report.figure(reconciles / FLEET.size()));
        requests(report, "scrape of /q/metrics", scrapes);
        requests(report, "/api/v1/status", statuses);
        report.goal("CPU at rest", GOAL_PERCENT, percent, "% of a core");
        report.goal("RSS with 1000 NICs after scrapes", GOAL_MIB, afterwards, "MiB");
        report.load();
    }

    private static void requests(Report report, String title, BenchAgent.Requests requests) {
        report.row(title + ", ms, p50", Report.figure(requests.millis().median()));
        report.row(title + ", ms, p99", Report.figure(requests.millis().percentile(99)));
        report.row(title + ", bytes", requests.bytes());
    }
}
