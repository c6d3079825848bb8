package io.tapwright.bench.forwarding;

import com.fasterxml.jackson.databind.JsonNode;
import io.tapwright.bench.Benchmark;
import io.tapwright.bench.Report;
import io.tapwright.bench.Tools;
import java.util.ArrayList;
import java.util.List;

/** The cost of doing nothing: CPU with many silent ports, and how long the first frame after a silence takes. */
public final class SwitchRestBenchmark implements Benchmark {

    private static final int PORTS = 64;
    private static final int SETTLE_SECONDS = 5;
    private static final int SECONDS = 20;
    private static final int TIMES = 100;
    private static final double GOAL_PERCENT = 1;
    private static final double GOAL_MILLIS = 1;

    /** @param percent of a core; not a number where the contender can't have so many ports */
    private record Rest(VhostContender contender, double percent, JsonNode first) {
    }

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Switch: at rest");
        List<VhostContender> present = Peers.present(report, Peers.vhost(tools.root()));
        List<Rest> all = new ArrayList<>();
        JsonNode floor;
        try (Rig rig = Rig.open(tools, PORTS)) {
            floor = rig.driver().floor(TIMES);
            for (VhostContender contender : present) {
                double percent = idle(rig, contender);
                all.add(new Rest(contender, percent, first(rig, contender)));
                report.progress("%s: %s", contender.title(), all.getLast());
            }
        }
        report(report, floor, all);
    }

    private static double idle(Rig rig, VhostContender contender) throws Exception {
        if (contender.mostPorts() < PORTS) {
            return Double.NaN;
        }
        try (BackEnd backEnd = contender.start(rig, PORTS, Load.between(64).mtu())) {
            List<Guests> guests = rig.driver().hold(backEnd, PORTS);
            try {
                Thread.sleep(SETTLE_SECONDS * 1000L);
                CpuTime before = CpuTime.of(backEnd.pid());
                long begun = System.nanoTime();
                Thread.sleep(SECONDS * 1000L);
                return 100.0 * CpuTime.of(backEnd.pid()).ranSince(before) / (System.nanoTime() - begun);
            } finally {
                guests.forEach(Guests::close);
            }
        }
    }

    private static JsonNode first(Rig rig, VhostContender contender) throws Exception {
        try (BackEnd backEnd = contender.start(rig, 2, Load.between(64).mtu())) {
            return rig.driver().run("latency", backEnd, Load.between(64), List.of("silence=1", "times=" + TIMES));
        }
    }

    private static void report(Report report, JsonNode floor, List<Rest> all) {
        report.line("CPU over %d s with %d connected, silent ports; then a frame of 64 bytes after 1 s of silence, %d times, from before"
                + " it is given to the sender's ring to when it has arrived; the sender polls throughout", SECONDS, PORTS, TIMES);
        report.header("", "CPU, % of a core", "first frame, p50, us", "p99, us", "most, us", "lost");
        for (Rest rest : all) {
            report.row(rest.contender().title(), cpu(rest), figure(rest.first(), "p50Micros"),
                    figure(rest.first(), "p99Micros"), figure(rest.first(), "mostMicros"), rest.first().get("lost"));
        }
        report.line("%nthe measuring side's own floor, with DPDK's vhost library as back-end in the sender's loop, where nobody sleeps:"
                + " p50 %s us, p99 %s us", figure(floor, "p50Micros"), figure(floor, "p99Micros"));
        report.line("%nthe machine's floor for whoever sleeps, a thread on the back-end's core that an eventfd wakes after 1 s: p50 %s us,"
                + " p99 %s us", figure(floor, "wakingP50Micros"), figure(floor, "wakingP99Micros"));
        all.stream().filter(r -> r.contender() instanceof SwitchContender).forEach(ours -> {
            report.goal("CPU with " + PORTS + " silent ports", GOAL_PERCENT, ours.percent(), "% of a core");
            report.goal("p99 of the first frame after 1 s", GOAL_MILLIS, ours.first().get("p99Micros").asDouble() / 1000, "ms");
        });
        report.load();
    }

    private static String cpu(Rest rest) {
        return Double.isNaN(rest.percent()) ? "skipped: has at most " + rest.contender().mostPorts() + " ports" : Report.figure(rest.percent());
    }

    private static String figure(JsonNode of, String field) {
        return Report.figure(of.get(field).asDouble());
    }
}
