package io.tapwright.testkit.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs a program to its end. */
public final class Command {

    private Command() {
    }

    /**
     * What became of it.
     *
     * @param exit   its status
     * @param took   from start to end
     */
    public record Result(int exit, String out, String err, Duration took) {

        public boolean ok() {
            return exit == 0;
        }

        /** What it printed, if it went well; an {@link AssertionError} with everything it said if not. */
        public String orThrow() {
            if (!ok()) {
                throw new AssertionError("exit " + exit + "\n" + out + err);
            }
            return out;
        }
    }

    public static Result run(Duration atMost, byte[] input, List<String> command) {
        long begun = System.nanoTime();
        try {
            Process process = new ProcessBuilder(command).start();
            CompletableFuture<String> out = read(process.getInputStream());
            CompletableFuture<String> err = read(process.getErrorStream());
            try (var stdin = process.getOutputStream()) {
                stdin.write(input);
            } catch (IOException closedEarly) {
                // The program need not read what it is given; its exit status tells what it made of that.
                out.isDone();
            }
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("not done within " + atMost.toSeconds() + " s: " + command);
            }
            return new Result(process.exitValue(), out.join(), err.join(), Duration.ofNanos(System.nanoTime() - begun));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + command, e);
        }
    }

    private static CompletableFuture<String> read(InputStream stream) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }, task -> Thread.ofVirtual().start(task));
    }
}
