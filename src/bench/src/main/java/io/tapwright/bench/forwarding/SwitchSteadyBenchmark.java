package io.tapwright.bench.forwarding;

import com.fasterxml.jackson.databind.JsonNode;
import io.tapwright.bench.Benchmark;
import io.tapwright.bench.Report;
import io.tapwright.bench.Tools;
import io.tapwright.testkit.lab.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A minute of full load: what the worker allocates, for how long the JVM stops it, and the longest time without a frame. */
public final class SwitchSteadyBenchmark implements Benchmark {

    private static final double WARM_UP_SECONDS = 10;
    private static final int SECONDS = 60;
    private static final double MARGIN_SECONDS = 0.5;
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final double NANOS_A_MILLI = 1e6;
    /** {@code jcmd PID Thread.print -e}: a thread's name, and after more fields the bytes that it has allocated. */
    private static final Pattern ALLOCATED = Pattern.compile("\"switch-worker-0\".* allocated=(\\d+)([BKMG])");
    /** {@code -Xlog:gc,safepoint} with uptime. */
    private static final Pattern SAFEPOINT = Pattern.compile("\\[[0-9.]+s\\] Safepoint .* Total: +(\\d+) ns.*");
    private static final Pattern COLLECTION = Pattern.compile("\\[[0-9.]+s\\] GC\\(\\d+\\) Pause .* ([0-9.]+)ms");

    /**
     * Times that the JVM stopped all threads.
     *
     * @param safepoints for whatever reason, collections among them
     */
    private record Stops(long safepoints, double longestMillis, long collections, double collectionMillis) {
    }

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Switch: a minute of full load");
        report.line("frames of the size one way between two guests, %d s after %s s to warm up; what the worker's thread allocated"
                + " meanwhile (jcmd Thread.print -e, before and after), what the JVM's log says of safepoints and collections, and the"
                + " longest time in which the receiver got nothing", SECONDS, Report.figure(WARM_UP_SECONDS));
        report.header("size", "M frames/s", "allocated by the worker, B", "safepoints", "longest, ms", "collections", "all of them, ms",
                "longest gap, ms");
        long most = 0;
        try (Rig rig = Rig.open(tools, 2)) {
            Path log = rig.directory().resolve("jvm.log");
            for (int size : List.of(64, 1500)) {
                SwitchContender contender = new SwitchContender(tools.root(),
                        List.of("-Xlog:gc,safepoint:file=" + log + ":uptime"));
                most = Math.max(most, row(report, rig, contender, size, log));
            }
        }
        report.goal("bytes allocated by the worker in " + SECONDS + " s", 0, most, "B");
        report.load();
    }

    private static long row(Report report, Rig rig, SwitchContender contender, int size, Path log) throws Exception {
        Load load = Load.between(size);
        try (BackEnd backEnd = contender.start(rig, load.ports(), load.mtu());
                Guests guests = rig.rings().start(backEnd, load, WARM_UP_SECONDS, SECONDS)) {
            guests.awaitReady();
            guests.begin();
            Thread.sleep((long) ((WARM_UP_SECONDS + MARGIN_SECONDS) * 1000));
            long before = allocated(backEnd.pid());
            String begun = Files.readString(log);
            Thread.sleep((long) ((SECONDS - 2 * MARGIN_SECONDS) * 1000));
            String logged = Files.readString(log).substring(begun.length());
            long allocated = allocated(backEnd.pid()) - before;
            JsonNode result = guests.result(PATIENCE);
            Stops stops = stops(logged);
            report.row(size, "%.2f".formatted(result.get("framesPerSecond").asDouble() / 1e6), allocated, stops.safepoints(),
                    Report.figure(stops.longestMillis()), stops.collections(), Report.figure(stops.collectionMillis()),
                    Report.figure(result.get("longestGapMicros").asDouble() / 1000));
            return allocated;
        }
    }

    private static long allocated(long pid) {
        String threads = Command.run(PATIENCE, new byte[0], List.of(Path.of(System.getProperty("java.home"), "bin/jcmd").toString(),
                Long.toString(pid), "Thread.print", "-e")).orThrow();
        Matcher found = ALLOCATED.matcher(threads);
        if (!found.find()) {
            throw new IllegalStateException("no allocated bytes of switch-worker-0 in what jcmd prints:\n" + threads);
        }
        return Long.parseLong(found.group(1)) << 10 * "BKMG".indexOf(found.group(2));
    }

    private static Stops stops(String logged) {
        List<Matcher> safepoints = logged.lines().map(SAFEPOINT::matcher).filter(Matcher::matches).toList();
        List<Matcher> collections = logged.lines().map(COLLECTION::matcher).filter(Matcher::matches).toList();
        return new Stops(safepoints.size(), safepoints.stream().mapToLong(m -> Long.parseLong(m.group(1))).max().orElse(0) / NANOS_A_MILLI,
                collections.size(), collections.stream().mapToDouble(m -> Double.parseDouble(m.group(1))).sum());
    }
}
