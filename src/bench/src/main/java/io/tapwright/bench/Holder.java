package io.tapwright.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** {@code tap_holder.c} in a lab: opens the taps of one bridge as QEMU would, and keeps them until it is closed. */
final class Holder implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;

    private Holder(Process process) {
        this.process = process;
        this.output = process.inputReader();
    }

    static Holder start(BenchLab lab, String prefix, int count) throws IOException {
        Path program = lab.tools().program("tap_holder");
        Path copy = Files.copy(program, lab.file("tap_holder"),
                StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        return new Holder(lab.inside(lab.file("holder-" + prefix + ".pid"), copy.toString(), prefix, Integer.toString(count))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    /** Waits until it has them all; how long that took it since its start, in microseconds. */
    long awaitAll() throws IOException {
        String line = output.readLine();
        if (line == null || !line.startsWith("held ")) {
            throw new IllegalStateException("tap_holder: " + line);
        }
        return Long.parseLong(line.split(" ")[2]);
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            process.waitFor();
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
