package io.tapwright.testkit.chaos;

import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Lab;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * The agent, to be killed at any moment, also while it starts. Guarded by its own monitor, which whoever needs the agent
 * to live for a while holds meanwhile.
 */
final class Victim implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LOGS_KEPT = 4;

    private final Lab lab;
    private final Path config;
    private final Deque<Path> logs = new ArrayDeque<>();
    private Process process;
    private long pid;
    private int starts;

    Victim(Lab lab, String yaml) {
        this.lab = lab;
        this.config = lab.write("chaos.yaml", yaml);
    }

    /** Starts it and returns as soon as there is a process. */
    synchronized void start() {
        try {
            Path pidFile = lab.dir().resolve("vm/victim.pid");
            Files.deleteIfExists(pidFile);
            Path log = lab.dir().resolve("vm/agent-" + ++starts + ".log");
            logs.addLast(log);
            if (logs.size() > LOGS_KEPT) {
                Files.deleteIfExists(logs.removeFirst());
            }
            ProcessBuilder builder = new ProcessBuilder(LabShell.project().resolve("deploy/lab").toString(), "run",
                    lab.dir().toString(), "--pid-file", pidFile.toString(), "--",
                    LabShell.project().resolve("deploy/lib/agent").toString())
                    .redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            builder.environment().put("QUARKUS_CONFIG_LOCATIONS", config.toString());
            process = builder.start();
            pid = Await.until("the agent's process id", PATIENCE, () -> read(pidFile).strip(), text -> !text.isEmpty())
                    .transform(Long::parseLong);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL, and waits for its end. */
    synchronized void kill() {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the agent outlives SIGKILL");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    synchronized boolean isAlive() {
        return process != null && process.isAlive();
    }

    synchronized boolean isReady() {
        return isAlive() && read(logs.getLast()).contains(" ready: libvirt ");
    }

    /** The end of what the last ones printed. */
    synchronized String logTail(int lines) {
        StringBuilder tail = new StringBuilder();
        for (Path log : logs) {
            String[] all = read(log).split("\n");
            tail.append("-- ").append(log.getFileName()).append('\n');
            for (int i = Math.max(0, all.length - lines); i < all.length; i++) {
                tail.append(all[i]).append('\n');
            }
        }
        return tail.toString();
    }

    @Override
    public synchronized void close() {
        if (isAlive()) {
            kill();
        }
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            return "";
        }
    }
}
