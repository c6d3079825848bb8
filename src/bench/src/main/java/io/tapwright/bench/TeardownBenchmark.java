package io.tapwright.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** All domains are undefined at once: how soon their taps are gone, beside {@code ip} that removes the same taps. */
final class TeardownBenchmark implements Benchmark {

    private static final Fleet FLEET = new Fleet(900, 1);
    private static final int ROUNDS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final double GOAL_TIMES = 20;
    private static final String TAPS = "i=0; while [ $i -lt " + FLEET.domains() + " ]; do ";
    private static final String NEXT = "; i=$((i + 1)); done";

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Teardown: " + FLEET.domains() + " domains undefined");
        List<Long> agent = new ArrayList<>();
        List<Long> undefining = new ArrayList<>();
        List<Long> single = new ArrayList<>();
        List<Long> batch = new ArrayList<>();
        List<Long> group = new ArrayList<>();
        try (BenchLab lab = BenchLab.up(tools); Libvirt libvirt = new Libvirt(lab.uri())) {
            for (int i = 0; i < ROUNDS; i++) {
                byAgent(lab, libvirt, undefining, agent);
                group.add(by(lab, libvirt, TAPS + "echo link set dev t0-$i group 7" + NEXT
                        + " | ip -batch - && ip link del group 7"));
                report.progress("round %d: agent %s, group %s", i + 1, agent, group);
            }
            batch.add(by(lab, libvirt, TAPS + "echo link del dev t0-$i" + NEXT + " | ip -batch -"));
            single.add(by(lab, libvirt, TAPS + "ip link del dev t0-$i" + NEXT));
            report.progress("ip -batch: %s, an ip a tap: %s", batch, single);
        }
        report.line("medians of %d rounds (one round where taps are deleted one by one), milliseconds until the last tap is gone", ROUNDS);
        report.header("", "ms", "times as long as the agent");
        double own = Figures.of(agent).median();
        row(report, "the agent, from the first virDomainUndefine to the last tap gone", agent, own);
        row(report, "of which virDomainUndefine itself takes", undefining, own);
        row(report, "`ip link del`, a process a tap", single, own);
        row(report, "`ip -batch`, a `link del` a tap", batch, own);
        row(report, "`ip -batch` that puts them in a group, and one `link del group`", group, own);
        report.goalAtLeast("the agent, in times as fast as one by one,", GOAL_TIMES, Figures.of(single).median() / own, "");
        report.load();
    }

    private static void row(Report report, String title, List<Long> millis, double own) {
        double median = Figures.of(millis).median();
        report.row(title, Report.figure(median), Report.figure(median / own));
    }

    private static void byAgent(BenchLab lab, Libvirt libvirt, List<Long> undefining, List<Long> all)
            throws IOException, InterruptedException {
        try (BenchAgent agent = ready(lab, libvirt)) {
            long begun = System.nanoTime();
            FLEET.undefine(libvirt);
            undefining.add((System.nanoTime() - begun) / 1_000_000);
            agent.await("all taps are gone", PATIENCE, () -> agent.devices(Fleet.prefix(0)) == 0);
            all.add((System.nanoTime() - begun) / 1_000_000);
        }
    }

    /** The agent makes the taps, so that they are the same ones; then it is killed, and they stay. */
    private static long by(BenchLab lab, Libvirt libvirt, String shell) throws IOException, InterruptedException {
        ready(lab, libvirt).close();
        long begun = System.nanoTime();
        lab.sh(shell);
        long millis = (System.nanoTime() - begun) / 1_000_000;
        FLEET.undefine(libvirt);
        return millis;
    }

    private static BenchAgent ready(BenchLab lab, Libvirt libvirt) throws IOException, InterruptedException {
        FLEET.define(libvirt);
        BenchAgent agent = BenchAgent.start(lab, FLEET.yaml(Duration.ofHours(1)));
        agent.awaitReady();
        agent.awaitNics("ready", FLEET.size(), PATIENCE);
        return agent;
    }
}
