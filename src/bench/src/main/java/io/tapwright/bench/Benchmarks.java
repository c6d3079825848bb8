package io.tapwright.bench;

import io.tapwright.bench.forwarding.SwitchBenchmark;
import io.tapwright.bench.forwarding.SwitchCheckBenchmark;
import io.tapwright.bench.forwarding.SwitchRestBenchmark;
import io.tapwright.bench.forwarding.SwitchScaleBenchmark;
import io.tapwright.bench.forwarding.SwitchSteadyBenchmark;
import io.tapwright.testkit.lab.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The one way in: {@code Benchmarks ROOT [NAME...]}, as root, with the agent built. Prints the report of those named, in
 * their order, or of all. Exits with 1 if one could not be measured.
 */
public final class Benchmarks {

    private static final double SCALE_SECONDS = 3;
    private static final double SCALE_TIMES = 2;
    private static final int SOAK_CYCLES = 20_000;

    private Benchmarks() {
    }

    public static void main(String[] args) throws Exception {
        Path root = Path.of(args[0]).toRealPath();
        Map<String, Benchmark> all = all();
        List<String> wanted = args.length > 1 ? List.of(args).subList(1, args.length) : List.copyOf(all.keySet());
        Set<String> unknown = new TreeSet<>(wanted);
        unknown.removeAll(all.keySet());
        if (!unknown.isEmpty()) {
            System.err.println("no such benchmark: " + String.join(", ", unknown) + "; there are " + String.join(", ", all.keySet()));
            System.exit(2);
        }
        Report report = new Report(System.out);
        boolean failed = false;
        try (Tools tools = Tools.compile(root)) {
            about(report, root);
            for (String name : wanted) {
                failed |= !measured(report, tools, name, all.get(name));
            }
        }
        System.exit(failed ? 1 : 0);
    }

    private static Map<String, Benchmark> all() {
        Map<String, Benchmark> all = new LinkedHashMap<>();
        all.put("taps", (report, tools) -> {
            report.section("Taps: what a NIC costs");
            TapBenchmark.main(new String[] {tools.program("tap_peer").toString()});
            report.load();
        });
        all.put("hook", new HookBenchmark());
        all.put("start", new StartBenchmark());
        all.put("scale", new ScaleBenchmark(new Fleet(1000, 1), 3, SCALE_SECONDS, SCALE_TIMES));
        all.put("bridges", new ScaleBenchmark(new Fleet(1000, 5), 1, Double.NaN, SCALE_TIMES));
        all.put("storm", new StormBenchmark());
        all.put("teardown", new TeardownBenchmark());
        all.put("rest", new RestBenchmark());
        all.put("soak", new SoakBenchmark(SOAK_CYCLES));
        int rounds = Integer.parseInt(System.getenv().getOrDefault("ROUNDS", "5"));
        all.put("switch", new SwitchBenchmark(SwitchBenchmark.Kind.RINGS, rounds));
        all.put("switch-driver", new SwitchBenchmark(SwitchBenchmark.Kind.DRIVER, rounds));
        all.put("switch-check", new SwitchCheckBenchmark());
        all.put("switch-steady", new SwitchSteadyBenchmark());
        all.put("switch-rest", new SwitchRestBenchmark());
        all.put("switch-scale", new SwitchScaleBenchmark(rounds));
        return all;
    }

    private static boolean measured(Report report, Tools tools, String name, Benchmark benchmark) {
        long begun = System.nanoTime();
        try {
            benchmark.run(report, tools);
            report.progress("%s: %d s", name, Duration.ofNanos(System.nanoTime() - begun).toSeconds());
            return true;
        } catch (Exception | AssertionError e) {
            report.line("%nnot measured: %s", e.getMessage());
            e.printStackTrace();
            return false;
        }
    }

    private static void about(Report report, Path root) throws IOException {
        report.line("# Tapwright's benchmarks");
        report.header("", "");
        report.row("machine", processor() + ", " + Runtime.getRuntime().availableProcessors() + " CPUs");
        report.row("kernel", System.getProperty("os.version"));
        report.row("JDK", System.getProperty("java.vm.vendor") + " " + Runtime.version());
        report.row("libvirt", said("libvirtd", "--version"));
        report.row("iproute2", said("ip", "-V"));
        report.row("commit", said("git", "-C", root.toString(), "describe", "--always", "--dirty", "--abbrev=12"));
    }

    private static String said(String... command) {
        Command.Result result = Command.run(Duration.ofSeconds(20), new byte[0], List.of(command));
        return result.ok() ? result.out().strip().lines().findFirst().orElse("") : "unknown";
    }

    private static String processor() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(l -> l.startsWith("model name")).findFirst().map(l -> l.replaceFirst(".*:\\s*", ""))
                    .orElse(System.getProperty("os.arch"));
        }
    }
}
