package io.tapwright.testkit.chaos;

import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Lab;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A shell that stays open inside a lab: a command costs what it costs itself, not the way into the lab each time.
 * Any thread; one command at a time.
 */
public final class LabShell implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String MARK = "\u0001done ";

    private final Process process;
    private final BufferedWriter in;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private LabShell(Process process) {
        this.process = process;
        this.in = process.outputWriter();
    }

    public static LabShell open(Lab lab) {
        try {
            LabShell shell = new LabShell(new ProcessBuilder(project().resolve("deploy/lab").toString(), "run",
                    lab.dir().toString(), "--", "bash", "--norc").redirectErrorStream(true).start());
            Thread.ofVirtual().start(shell::read);
            return shell;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The project's folder, which the system property {@code tapwright.root} names. */
    static Path project() {
        return Path.of(System.getProperty("tapwright.root")).toAbsolutePath().normalize();
    }

    /** Runs lines of bash; what they print, to either stream, is the result's {@code out}. */
    public synchronized Result run(String script) {
        long begun = System.nanoTime();
        try {
            in.write("{ " + script + "\n} </dev/null 2>&1; printf '\\n" + MARK + "%d\\n' $?\n");
            in.flush();
            StringBuilder out = new StringBuilder();
            while (true) {
                String line = lines.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                if (line == null) {
                    throw new AssertionError("not done within " + PATIENCE.toSeconds() + " s: " + script + "\n" + out);
                }
                if (line.startsWith(MARK)) {
                    int status = Integer.parseInt(line.substring(MARK.length()));
                    return new Result(status, out.toString().strip(), "", Duration.ofNanos(System.nanoTime() - begun));
                }
                out.append(line).append('\n');
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the lab's shell has ended, before: " + script, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + script, e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }

    private void read() {
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        } catch (IOException endOfLab) {
            process.destroy();
        }
    }
}
