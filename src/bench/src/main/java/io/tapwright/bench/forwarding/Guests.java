package io.tapwright.bench.forwarding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One process of guests, which has connected its ports and waits to be told to begin. */
final class Guests implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String READY = "ready";

    private final Process process;
    private final BufferedReader output;
    private final Path errors;

    private Guests(Process process, Path errors) {
        this.process = process;
        this.output = process.inputReader();
        this.errors = errors;
    }

    static Guests start(Path errors, List<String> command) throws IOException {
        return new Guests(new ProcessBuilder(command).redirectError(errors.toFile()).start(), errors);
    }

    long pid() {
        return process.pid();
    }

    void awaitReady() throws IOException {
        if (!READY.equals(output.readLine())) {
            throw failure();
        }
    }

    void begin() throws IOException {
        process.outputWriter().write("\n");
        process.outputWriter().flush();
    }

    /** What it printed; ends with it. A result that is not as it should be is one, too. */
    JsonNode result(Duration atMost) throws IOException, InterruptedException {
        String line = output.readLine();
        if (line == null) {
            throw failure();
        }
        if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("guests: does not end after " + line);
        }
        return JSON.readTree(line);
    }

    private IllegalStateException failure() throws IOException {
        return new IllegalStateException("guests: " + Files.readString(errors).strip());
    }

    /** What waits for its input to end, ends; what does not, is killed. */
    @Override
    public void close() {
        try {
            process.outputWriter().close();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
