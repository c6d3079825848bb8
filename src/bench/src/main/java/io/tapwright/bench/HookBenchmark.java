package io.tapwright.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The hook's round trip: libvirt waits for it at each start of a domain. */
final class HookBenchmark implements Benchmark {

    private static final int RUNS = 300;
    private static final double GOAL_MILLIS = 20;
    private static final Map<String, String> TITLES = new LinkedHashMap<>();

    static {
        TITLES.put("new", "`prepare`, the tap has to be made");
        TITLES.put("again", "`prepare`, the tap is in place");
        TITLES.put("release", "`release`, a notification");
        TITLES.put("curl", "the floor: `curl --version`");
    }

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Hook: deploy/hooks/qemu.d/tapwright, from the fork of its shell to its end");
        Fleet fleet = new Fleet(RUNS, 1);
        try (BenchLab lab = BenchLab.up(tools);
                BenchAgent agent = BenchAgent.start(lab, fleet.yaml(Duration.ofHours(1)))) {
            agent.awaitReady();
            Path inputs = Files.createDirectory(lab.file("hook"));
            String domain = BenchLab.read(tools.source("xml/hook-domain.xml"));
            for (int i = 0; i < RUNS; i++) {
                Files.writeString(inputs.resolve(i + ".xml"), domain.replace("@NAME@", "hook" + i)
                        .replace("@UUID@", fleet.uuid(i)).replace("@MAC@", fleet.mac(i, 0)).replace("@TAP@", fleet.tap(i, 0)));
            }
            Map<String, List<Long>> micros = new LinkedHashMap<>();
            String hook = tools.deploy("hooks/qemu.d/tapwright").toString();
            for (String line : lab.run(tools.source("sh/hook.sh").toString(), hook, inputs.toString(), Integer.toString(RUNS))
                    .split("\n")) {
                String[] fields = line.split(" ");
                micros.computeIfAbsent(fields[0], k -> new ArrayList<>()).add(Long.parseLong(fields[1]));
            }
            report(report, micros, domain.length(), agent);
        }
    }

    private static void report(Report report, Map<String, List<Long>> micros, int bytes, BenchAgent agent) {
        report.line("%d runs of each, one after the other; the domain's XML has %d bytes and one NIC; milliseconds", RUNS, bytes);
        report.header("", "p50", "p90", "p99", "most");
        TITLES.forEach((what, title) -> {
            Figures figures = Figures.of(micros.get(what));
            report.row(title, Report.millis(figures.median()), Report.millis(figures.percentile(90)),
                    Report.millis(figures.percentile(99)), Report.millis(figures.most()));
        });
        double count = agent.metric("tapwright_hook_duration_seconds_count", "operation=\"prepare\"");
        double seconds = agent.metric("tapwright_hook_duration_seconds_sum", "operation=\"prepare\"");
        report.line("%nthe agent's own part of a `prepare`, on average: %s ms (%.0f answered)",
                Report.figure(1000 * seconds / count), count);
        report.goal("p99 of `prepare` with a tap to be made", GOAL_MILLIS,
                Figures.of(micros.get("new")).percentile(99) / 1000, "ms");
        report.load();
    }
}
