package io.tapwright.bench;

import io.tapwright.testkit.lab.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The built agent in a lab, started as its service starts it, and what the machine knows of its process. */
final class BenchAgent implements AutoCloseable {

    private static final String URL = "http://127.0.0.1:9470";
    private static final long STEP_MILLIS = 5;
    /** Each answer with a thousand NICs costs the agent some milliseconds. */
    private static final long ASK_MILLIS = 1000;

    /** As the agent's ChangeLog writes it. */
    private static final Pattern LOOK = Pattern.compile(" looked at domain (?<uuid>[0-9a-f-]{36}) ");

    private final BenchLab lab;
    private final Process process;
    private final long begunMillis;
    private final long pid;
    private final Path logFile;

    private BenchAgent(BenchLab lab, Process process, long begunMillis, long pid, Path logFile) {
        this.lab = lab;
        this.process = process;
        this.begunMillis = begunMillis;
        this.pid = pid;
        this.logFile = logFile;
    }

    /** Returns when its process is there. */
    static BenchAgent start(BenchLab lab, String yaml) throws IOException, InterruptedException {
        return start(lab, yaml, Map.of());
    }

    /** The same, and it logs each look at a domain, which {@link #looks} counts. */
    static BenchAgent startVerbose(BenchLab lab, String yaml) throws IOException, InterruptedException {
        return start(lab, yaml, Map.of("QUARKUS_LOG_CATEGORY__TAPWRIGHT__LEVEL", "DEBUG"));
    }

    private static BenchAgent start(BenchLab lab, String yaml, Map<String, String> variables)
            throws IOException, InterruptedException {
        Path pidFile = lab.file("agent.pid");
        Files.deleteIfExists(pidFile);
        Path logFile = Files.createTempFile(lab.file(""), "agent", ".log");
        ProcessBuilder builder = lab.inside(pidFile, lab.tools().deploy("lib/agent").toString())
                .redirectErrorStream(true).redirectOutput(logFile.toFile());
        environment(builder, Files.writeString(lab.file("tapwright.yaml"), yaml));
        builder.environment().putAll(variables);
        long begun = System.currentTimeMillis();
        Process process = builder.start();
        while (!Files.exists(pidFile)) {
            if (!process.isAlive()) {
                throw new IllegalStateException("the agent does not start: " + BenchLab.read(logFile));
            }
            Thread.sleep(1);
        }
        return new BenchAgent(lab, process, begun, Long.parseLong(BenchLab.read(pidFile).strip()), logFile);
    }

    static void environment(ProcessBuilder builder, Path configuration) {
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("QUARKUS_CONFIG_LOCATIONS", configuration.toString());
    }

    /** When it was started; some milliseconds of this go to entering the lab. */
    long begunMillis() {
        return begunMillis;
    }

    /** Waits until it says that it is ready; how many milliseconds after its start that was. */
    long awaitReady() {
        await("the agent is ready", Duration.ofMinutes(1), () -> BenchLab.read(logFile).contains(" ready: libvirt "));
        return System.currentTimeMillis() - begunMillis;
    }

    /** Waits until this many NICs of a fleet are in a state, and all that there are. */
    Status awaitNics(String state, int count, Duration atMost) {
        long end = System.nanoTime() + atMost.toNanos();
        Status status = status();
        while (status.count(state) != count || status.nics().size() != count) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("not within " + atMost.toSeconds() + " s: " + count + " NICs are " + state + ": "
                        + status.summary() + "\n" + tail());
            }
            pause(ASK_MILLIS);
            status = status();
        }
        return status;
    }

    Status status() {
        return Status.of(get("/api/v1/status"));
    }

    /** Waits for a condition that is cheap to ask for. */
    void await(String what, Duration atMost, BooleanSupplier condition) {
        long end = System.nanoTime() + atMost.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0 || !process.isAlive()) {
                throw new IllegalStateException("not within " + atMost.toSeconds() + " s: " + what + "\n" + tail());
            }
            pause(STEP_MILLIS);
        }
    }

    /** How many warnings it has logged. */
    long warnings() {
        return BenchLab.read(logFile).lines().filter(l -> l.contains(" WARN ") || l.contains(" ERROR ")).count();
    }

    private String tail() {
        String text = BenchLab.read(logFile);
        return text.substring(Math.max(0, text.length() - 1000));
    }

    String get(String path) {
        return lab.run("curl", "-q", "-sf", "--max-time", "30", URL + path);
    }

    /** Milliseconds and bytes of each of many requests over one connection, as curl inside the lab sees them. */
    Requests requests(String path, int count) {
        List<Double> millis = new ArrayList<>();
        long bytes = 0;
        String url = URL + path + "?[1-" + count + "]";
        String output = lab.run("curl", "-q", "-s", "--max-time", "60", "-o", "/dev/null", "-w",
                "%{http_code} %{time_total} %{size_download}\\n", url);
        for (String line : output.split("\n")) {
            String[] fields = line.split(" ");
            if (!fields[0].equals("200")) {
                throw new IllegalStateException(path + ": HTTP " + fields[0]);
            }
            millis.add(Double.parseDouble(fields[1]) * 1000);
            bytes = Long.parseLong(fields[2]);
        }
        return new Requests(Figures.of(millis), bytes);
    }

    record Requests(Figures millis, long bytes) {
    }

    /** The sum of a metric over its series whose text holds {@code having}. */
    double metric(String name, String having) {
        return get("/q/metrics").lines()
                .filter(l -> (l.startsWith(name + "{") || l.startsWith(name + " ")) && l.contains(having))
                .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1))).sum();
    }

    /** How many times a domain was looked at. */
    double domainReconciles() {
        return metric("tapwright_reconcile_duration_seconds_count", "kind=\"domain\"");
    }

    /** The same, once it has not changed for two seconds. */
    double settledReconciles() {
        double last = -1;
        for (double now = domainReconciles(); now != last; now = domainReconciles()) {
            last = now;
            pause(2000);
        }
        return last;
    }

    /** How often each domain was looked at, by its UUID, once that has not changed for two seconds. */
    Map<String, Integer> looks() {
        Map<String, Integer> last = Map.of();
        for (Map<String, Integer> now = looksSoFar(); !now.equals(last); now = looksSoFar()) {
            last = now;
            pause(2000);
        }
        return last;
    }

    private Map<String, Integer> looksSoFar() {
        Map<String, Integer> looks = new HashMap<>();
        Matcher look = LOOK.matcher(BenchLab.read(logFile));
        while (look.find()) {
            looks.merge(look.group("uuid"), 1, Integer::sum);
        }
        return looks;
    }

    /** The devices of the lab whose names start so, by /proc/net/dev. */
    int devices(String prefix) {
        return (int) BenchLab.read(proc("net/dev")).lines().filter(l -> l.strip().startsWith(prefix)).count();
    }

    /** A field of /proc/PID/status in KiB, such as VmRSS. */
    long kib(String field) {
        return BenchLab.read(proc("status")).lines().filter(l -> l.startsWith(field + ":")).findFirst()
                .map(l -> Long.parseLong(l.replaceAll("\\D", ""))).orElseThrow();
    }

    /** Bytes of objects that are in use, after a collection of all others, which this makes. */
    long liveHeap() {
        String histogram = Command.run(Duration.ofMinutes(1), new byte[0],
                List.of(Path.of(System.getProperty("java.home"), "bin/jcmd").toString(), Long.toString(pid), "GC.class_histogram"))
                .orThrow();
        String total = histogram.lines().filter(l -> l.startsWith("Total ")).findFirst().orElseThrow();
        return Long.parseLong(total.strip().split(" +")[2]);
    }

    int threads() {
        return count(proc("task"));
    }

    int files() {
        return count(proc("fd"));
    }

    /** User and system time so far, in clock ticks of 10 ms: fields 14 and 15 of its stat line. */
    long cpuTicks() {
        String stat = BenchLab.read(proc("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private static int count(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return (int) entries.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path proc(String name) {
        return Path.of("/proc", Long.toString(pid), name);
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** With SIGKILL, so that its taps stay. */
    @Override
    public void close() {
        if (process.isAlive()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
