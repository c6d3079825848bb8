package io.tapwright.bench.forwarding;

import com.fasterxml.jackson.databind.JsonNode;
import io.tapwright.bench.Benchmark;
import io.tapwright.bench.Report;
import io.tapwright.bench.Tools;
import java.util.ArrayList;
import java.util.List;

/** Whether all frames arrive, in their order and with every byte right: numbered, a window of them on their way. */
public final class SwitchCheckBenchmark implements Benchmark {

    private static final List<Integer> SIZES = List.of(64, 512, 1500, 9000);
    private static final int SECONDS = 3;

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Switch: every frame looked at");
        List<VhostContender> present = Peers.present(report, Peers.vhost(tools.root()));
        List<String> wrong = new ArrayList<>();
        try (Rig rig = Rig.open(tools, 2)) {
            report.line("%d s each; the receiver compares order and every byte; a window keeps the rings from running full, so that"
                    + " nothing may be lost", SECONDS);
            report.header("", "size", "ways", "sent", "lost", "out of order", "twice", "wrong", "astray", "longest gap, ms");
            for (VhostContender contender : present) {
                for (int size : SIZES) {
                    for (int ways = 1; ways <= 2; ways++) {
                        JsonNode found = check(rig, contender, new Load(size, ways, 2, 2));
                        row(report, contender, found);
                        if (!found.get("good").asBoolean()) {
                            wrong.add(contender.title() + ": " + found);
                        }
                    }
                }
            }
        }
        report.load();
        if (!wrong.isEmpty()) {
            throw new AssertionError(String.join("\n", wrong));
        }
    }

    private static JsonNode check(Rig rig, VhostContender contender, Load load) throws Exception {
        try (BackEnd backEnd = contender.start(rig, load.ports(), load.mtu())) {
            return rig.driver().run("check", backEnd, load, List.of("seconds=" + SECONDS));
        }
    }

    private static void row(Report report, VhostContender contender, JsonNode found) {
        report.row(contender.title(), found.get("size"), found.get("ways"), found.get("sent"), found.get("lost"),
                found.get("reordered"), found.get("duplicate"), found.get("corrupt"), found.get("strays"),
                Report.figure(found.get("longestGapMillis").asDouble()));
    }
}
