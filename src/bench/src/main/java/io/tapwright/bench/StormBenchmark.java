package io.tapwright.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Many lifecycle events at once: every domain of the host starts, and later a few of them change their mind all the time.
 * How often each domain, which has one NIC, is looked at comes from the agent's log.
 */
final class StormBenchmark implements Benchmark {

    private static final Fleet FLEET = new Fleet(1000, 1);
    private static final int RESTLESS = 100;
    private static final int TURNS = 5;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final double GOAL_TIMES = 2;

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Storm: 1000 lifecycle events at once");
        try (BenchLab lab = BenchLab.up(tools); Libvirt libvirt = new Libvirt(lab.uri())) {
            FLEET.define(libvirt);
            try (BenchAgent agent = BenchAgent.startVerbose(lab, FLEET.yaml(Duration.ofHours(1)))) {
                agent.awaitReady();
                agent.awaitNics("ready", FLEET.size(), PATIENCE);
                report.header("storm", "events", "sent in, ms", "looks", "looks at a NIC, mean", "p99", "most", "NICs settled after, ms",
                        "start to settled, ms, p50", "p99");
                Figures bare = starts(report, libvirt, agent, "pending", "1000 starts, nobody opens the taps");
                stop(libvirt, agent, 0);
                try (Holder holder = Holder.start(lab, Fleet.prefix(0), FLEET.domains())) {
                    Figures held = starts(report, libvirt, agent, "wired", "1000 starts, each tap is opened once it is attached");
                    holder.awaitAll();
                    Figures restless = restless(report, libvirt, agent);
                    report.goal("looks at the NIC that is looked at most, 1000 starts by events alone,", GOAL_TIMES, bare.most(), "");
                    report.goal("the same with QEMU's opening, which is news of its own,", GOAL_TIMES, held.most(), "");
                    report.goal("the same with ten events a domain, in times its events,", 1, restless.most() / (2 * TURNS), "");
                }
            }
        }
        report.load();
    }

    private static Figures starts(Report report, Libvirt libvirt, BenchAgent agent, String state, String title) {
        Map<String, Integer> before = agent.looks();
        Map<String, Long> started = new HashMap<>();
        long begun = System.nanoTime();
        long begunMillis = System.currentTimeMillis();
        for (int i = 0; i < FLEET.domains(); i++) {
            started.put(FLEET.mac(i, 0), System.currentTimeMillis());
            libvirt.start(FLEET.domain(i));
        }
        long sentMillis = (System.nanoTime() - begun) / 1_000_000;
        Status status = agent.awaitNics(state, FLEET.size(), PATIENCE);
        List<Long> waits = new ArrayList<>();
        status.nics().forEach((mac, nic) -> waits.add(nic.since() - started.get(mac)));
        Figures looks = looks(agent, before, FLEET.domains());
        Figures figures = Figures.of(waits);
        report.row(title, FLEET.domains(), sentMillis, Report.figure(looks.sum()), Report.figure(looks.mean()),
                Report.figure(looks.percentile(99)), Report.figure(looks.most()), status.last() - begunMillis,
                Report.figure(figures.median()), Report.figure(figures.percentile(99)));
        return looks;
    }

    private static void stop(Libvirt libvirt, BenchAgent agent, int from) {
        for (int i = from; i < FLEET.domains(); i++) {
            libvirt.destroy(FLEET.domain(i));
        }
        agent.awaitNics("ready", FLEET.size(), PATIENCE);
    }

    /** Suspend and resume, which mean nothing for the taps: what a storm of them costs is what coalescing leaves. */
    private static Figures restless(Report report, Libvirt libvirt, BenchAgent agent) {
        Map<String, Integer> before = agent.looks();
        long begun = System.nanoTime();
        for (int turn = 0; turn < TURNS; turn++) {
            for (int i = 0; i < RESTLESS; i++) {
                libvirt.suspend(FLEET.domain(i));
                libvirt.resume(FLEET.domain(i));
            }
        }
        long sentMillis = (System.nanoTime() - begun) / 1_000_000;
        Figures looks = looks(agent, before, RESTLESS);
        report.row("suspend and resume, 5 times each, 100 domains", 2 * TURNS * RESTLESS, sentMillis, Report.figure(looks.sum()),
                Report.figure(looks.mean()), Report.figure(looks.percentile(99)), Report.figure(looks.most()), "", "", "");
        return looks;
    }

    /** At each of the first {@code domains}, since {@code before}. */
    private static Figures looks(BenchAgent agent, Map<String, Integer> before, int domains) {
        Map<String, Integer> after = agent.looks();
        return Figures.of(IntStream.range(0, domains).mapToObj(FLEET::uuid)
                .map(uuid -> after.getOrDefault(uuid, 0) - before.getOrDefault(uuid, 0)).toList());
    }
}
