package io.tapwright.bench;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An agent with nothing to do: how soon it answers, and the memory it takes. */
final class StartBenchmark implements Benchmark {

    private static final int STARTS = 5;
    private static final int SCRAPES = 100;
    private static final double GOAL_MIB = 130;

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Start: deploy/lib/agent, from exec to the first answer, no domain with a NIC");
        Map<String, List<Long>> figures = new HashMap<>();
        try (BenchLab lab = BenchLab.up(tools)) {
            Path yaml = Files.writeString(lab.file("tapwright.yaml"), new Fleet(1, 1).yaml(Duration.ofSeconds(30)));
            for (int i = 0; i < STARTS; i++) {
                ProcessBuilder builder = lab.inside(lab.file("start.pid"), tools.source("sh/start.sh").toString(),
                        tools.deploy("lib/agent").toString(), lab.file("start" + i + ".log").toString(),
                        Integer.toString(SCRAPES)).redirectErrorStream(true);
                BenchAgent.environment(builder, yaml);
                Process process = builder.start();
                String line;
                try (BufferedReader output = process.inputReader()) {
                    line = output.readLine();
                }
                if (process.waitFor() != 0 || line == null || !line.startsWith("first200=")) {
                    throw new IllegalStateException("start.sh: " + line);
                }
                report.progress("start %d of %d: %s", i + 1, STARTS, line);
                for (String pair : line.split(" ")) {
                    figures.computeIfAbsent(pair.replaceFirst("=.*", ""), k -> new ArrayList<>())
                            .add(Long.parseLong(pair.replaceFirst(".*=", "")));
                }
            }
        }
        report(report, figures);
    }

    private static void report(Report report, Map<String, List<Long>> figures) {
        report.line("%d starts", STARTS);
        report.header("", "median", "least", "most");
        row(report, "first HTTP 200 on /api/v1/status, ms", figures.get("first200"), 1000);
        row(report, "ready: networks up, hook answered, ms", figures.get("ready"), 1000);
        row(report, "RSS 5 s later, MiB", figures.get("idle"), 1024);
        row(report, "RSS after " + SCRAPES + " scrapes, MiB", figures.get("scraped"), 1024);
        row(report, "highest RSS, MiB", figures.get("peak"), 1024);
        report.goal("RSS after " + SCRAPES + " scrapes", GOAL_MIB, Figures.of(figures.get("scraped")).median() / 1024, "MiB");
        report.load();
    }

    private static void row(Report report, String title, List<Long> values, double unit) {
        Figures figures = Figures.of(values);
        report.row(title, Report.figure(figures.median() / unit), Report.figure(figures.least() / unit),
                Report.figure(figures.most() / unit));
    }
}
