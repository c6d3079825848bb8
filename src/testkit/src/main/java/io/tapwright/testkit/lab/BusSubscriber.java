package io.tapwright.testkit.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Listens to the agent's event bus from inside the lab and keeps what it heard. */
public final class BusSubscriber implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final List<JsonNode> heard = new CopyOnWriteArrayList<>();
    private final CountDownLatch subscribed = new CountDownLatch(1);

    private BusSubscriber(Process process) {
        this.process = process;
    }

    /** Listens to these addresses; returns once it does. */
    public static BusSubscriber listen(Lab lab, String... addresses) {
        try {
            List<String> command = new ArrayList<>(List.of(Lab.script("lab"), "run", lab.dir().toString(), "--",
                    ProcessHandle.current().info().command().orElse("java"), "-cp", classes().toString(),
                    BusTail.class.getName(), "ws://127.0.0.1:9470/eventbus/websocket"));
            command.addAll(List.of(addresses));
            BusSubscriber subscriber = new BusSubscriber(
                    new ProcessBuilder(command).redirectErrorStream(true).start());
            Thread.ofVirtual().start(subscriber::read);
            if (!subscriber.subscribed.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("no subscription within 20 s");
            }
            return subscriber;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The bodies heard on an address so far. */
    public List<JsonNode> heard(String address) {
        return heard.stream().filter(m -> m.path("address").asText().equals(address)).map(m -> m.get("body")).toList();
    }

    @Override
    public void close() {
        process.destroy();
    }

    private void read() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals("subscribed")) {
                    subscribed.countDown();
                } else if (line.startsWith("{")) {
                    heard.add(JSON.readTree(line));
                }
            }
        } catch (IOException endOfProcess) {
            subscribed.countDown();
        }
    }

    private static Path classes() {
        return Path.of(BusTail.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    }
}
