package io.tapwright.testkit.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program of ours in a lab, as its users run it: as built, in a process of its own. */
final class LabProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final String name;
    private final Process process;
    private final long pid;
    private final Path log;

    private LabProcess(String name, Process process, long pid, Path log) {
        this.name = name;
        this.process = process;
        this.pid = pid;
        this.log = log;
    }

    /** @param ready what it prints once it does its work */
    static LabProcess start(Lab lab, String name, String ready, Map<String, String> environment, List<String> command) {
        try {
            Path pidFile = lab.dir().resolve("vm").resolve(name + ".pid");
            Files.deleteIfExists(pidFile);
            Path log = Files.createTempFile(lab.dir().resolve("vm"), name, ".log");
            List<String> all = new ArrayList<>(List.of(
                    Lab.script("lab"), "run", lab.dir().toString(), "--pid-file", pidFile.toString(), "--"));
            all.addAll(command);
            ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            builder.environment().putAll(environment);
            Process process = builder.start();
            LabProcess started = new LabProcess(name, process, awaitPid(name, pidFile), log);
            Await.until("the " + name + " is ready", PATIENCE, started::log, text -> text.contains(ready) || !process.isAlive());
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long awaitPid(String name, Path pidFile) {
        return Await.until("the " + name + "'s process id", PATIENCE, () -> {
            try {
                return Files.exists(pidFile) ? Files.readString(pidFile).strip() : "";
            } catch (IOException e) {
                return "";
            }
        }, text -> !text.isEmpty()).transform(Long::parseLong);
    }

    /** What it has printed so far. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return pid;
    }

    /** Its exit status; waits for its end. */
    int exit() {
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the " + name + " does not end");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Sends it a signal: KILL, STOP, CONT, TERM. */
    void signal(String signal) {
        Command.run(PATIENCE, new byte[0], List.of("kill", "-" + signal, Long.toString(pid))).orThrow();
        if (signal.equals("CONT")) {
            // nsenter, through which it runs, stops itself when its child is stopped.
            process.descendants().forEach(p ->
                    Command.run(PATIENCE, new byte[0], List.of("kill", "-CONT", Long.toString(p.pid()))));
        }
    }

    /** Ends it with SIGKILL and waits for that. */
    void kill() {
        signal("KILL");
        exit();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            signal("CONT");
            kill();
        }
    }
}
