package io.tapwright.testkit.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** An agent in a lab, as its users run it: the built application in a process of its own. */
public final class AgentProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Lab lab;
    private final LabProcess process;

    private AgentProcess(Lab lab, LabProcess process) {
        this.lab = lab;
        this.process = process;
    }

    static AgentProcess start(Lab lab, String yaml) {
        Path config = lab.write("tapwright.yaml", yaml);
        return new AgentProcess(lab, LabProcess.start(lab, "agent", " ready: libvirt ",
                Map.of("QUARKUS_CONFIG_LOCATIONS", config.toString()), List.of(launcher().toString())));
    }

    /** What it has printed so far. */
    public String log() {
        return process.log();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** Its exit status; waits for its end. */
    public int exit() {
        return process.exit();
    }

    /** Sends it a signal: KILL, STOP, CONT, TERM. */
    public void signal(String name) {
        process.signal(name);
    }

    /** Ends it with SIGKILL and waits for that. */
    public void kill() {
        process.kill();
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
        process.close();
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
