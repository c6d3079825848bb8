package io.tapwright.testkit.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** An agent in a lab, as its users run it: the built application in a process of its own. */
public final class AgentProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Lab lab;
    private final Process process;
    private final long pid;
    private final Path log;

    private AgentProcess(Lab lab, Process process, long pid, Path log) {
        this.lab = lab;
        this.process = process;
        this.pid = pid;
        this.log = log;
    }

    static AgentProcess start(Lab lab, String yaml) {
        try {
            Path config = lab.write("tapwright.yaml", yaml);
            Path pidFile = lab.dir().resolve("vm/agent.pid");
            Files.deleteIfExists(pidFile);
            Path log = Files.createTempFile(lab.dir().resolve("vm"), "agent", ".log");
            List<String> command = List.of(
                    Lab.script("lab"), "run", lab.dir().toString(), "--pid-file", pidFile.toString(), "--",
                    launcher().toString());
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            builder.environment().put("QUARKUS_CONFIG_LOCATIONS", config.toString());
            Process process = builder.start();
            AgentProcess agent = new AgentProcess(lab, process, awaitPid(pidFile, process, log), log);
            Await.until("the agent is ready", PATIENCE, agent::log,
                    text -> text.contains(" ready: libvirt ") || !process.isAlive());
            return agent;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long awaitPid(Path pidFile, Process process, Path log) {
        return Await.until("the agent's process id", PATIENCE, () -> {
            try {
                return Files.exists(pidFile) ? Files.readString(pidFile).strip() : "";
            } catch (IOException e) {
                return "";
            }
        }, text -> !text.isEmpty()).transform(Long::parseLong);
    }

    /** What it has printed so far. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return pid;
    }

    /** Its exit status; waits for its end. */
    public int exit() {
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the agent does not end");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Sends it a signal: KILL, STOP, CONT, TERM. */
    public void signal(String name) {
        Command.run(PATIENCE, new byte[0], List.of("kill", "-" + name, Long.toString(pid))).orThrow();
        if (name.equals("CONT")) {
            // nsenter, through which it runs, stops itself when its child is stopped.
            process.descendants().forEach(p ->
                    Command.run(PATIENCE, new byte[0], List.of("kill", "-CONT", Long.toString(p.pid()))));
        }
    }

    /** Ends it with SIGKILL and waits for that. */
    public void kill() {
        signal("KILL");
        exit();
    }

    /** The status snapshot; empty while it does not answer. */
    public Optional<JsonNode> status() {
        var answer = lab.run("curl", "-sf", "--max-time", "2", "http://127.0.0.1:9470/api/v1/status");
        try {
            return answer.ok() ? Optional.of(JSON.readTree(answer.out())) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One NIC of the snapshot, by its MAC address; {@code {}} where there is none. */
    public JsonNode nic(String mac) {
        return status().map(s -> s.findParents("mac").stream().filter(n -> n.get("mac").asText().equals(mac)).findFirst()
                .orElse(JSON.createObjectNode())).orElse(JSON.createObjectNode());
    }

    /** Waits until a NIC stands in a state. */
    public JsonNode awaitNic(String mac, String state) {
        return awaitNic(mac, nic -> nic.path("state").asText().equals(state), "is " + state);
    }

    public JsonNode awaitNic(String mac, Predicate<JsonNode> condition, String what) {
        try {
            return Await.until("NIC " + mac + " " + what, PATIENCE, () -> nic(mac), condition);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + log(), e);
        }
    }

    public String get(String path) {
        return lab.run("curl", "-s", "--max-time", "5", "http://127.0.0.1:9470" + path).orThrow();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            signal("CONT");
            signal("KILL");
            exit();
        }
    }

    /** What starts the built agent as the service starts the installed one. */
    private static Path launcher() {
        Path jar = Lab.root().resolve("agent/target/quarkus-app/quarkus-run.jar");
        if (!Files.exists(jar)) {
            throw new IllegalStateException(jar + " is missing: build the agent first");
        }
        return Lab.root().resolve("deploy/lib/agent");
    }
}
