package io.tapwright.bench;

import io.tapwright.testkit.lab.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A libvirt host of its own, made by {@code deploy/lab}, without guests: what is measured runs on libvirt's test driver.
 * Closing it ends everything in it.
 */
final class BenchLab implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int ATTEMPTS = 5;

    private final Tools tools;
    private final Path dir;

    private BenchLab(Tools tools, Path dir) {
        this.tools = tools;
        this.dir = dir;
    }

    static BenchLab up(Tools tools) throws IOException {
        for (int attempt = 1; ; attempt++) {
            BenchLab lab = new BenchLab(tools, Files.createTempDirectory(Path.of("/tmp"), "tw."));
            try {
                lab.script("up", "--owner", Long.toString(ProcessHandle.current().pid()));
                return lab;
            } catch (AssertionError e) {
                // While the kernel removes a namespace with thousands of devices, it makes none.
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                lab.script("down");
            }
        }
    }

    /** Libvirt's test driver in the lab's libvirtd, for those inside. */
    static String uriInside() {
        return "test+unix:///default";
    }

    /** The same from outside. */
    String uri() {
        return "test+unix:///default?socket=" + dir.resolve("run/libvirt/libvirt-sock");
    }

    Tools tools() {
        return tools;
    }

    /** A file or folder that has the same path inside and outside. */
    Path file(String name) {
        return dir.resolve("vm").resolve(name);
    }

    void write(String name, String text) throws IOException {
        Files.writeString(file(name), text);
    }

    /** Runs a line of shell inside to its end, and gives its output. */
    String sh(String line) {
        return run("sh", "-c", line);
    }

    String run(String... command) {
        List<String> all = new ArrayList<>(List.of("--"));
        all.addAll(List.of(command));
        return script("run", all.toArray(String[]::new));
    }

    /** What starts a command inside, for those who want to do more than to wait for its end. */
    ProcessBuilder inside(Path pidFile, String... command) {
        List<String> all = new ArrayList<>(List.of(tools.deploy("lab").toString(), "run", dir.toString(),
                "--pid-file", pidFile.toString(), "--"));
        all.addAll(List.of(command));
        return new ProcessBuilder(all);
    }

    private String script(String verb, String... arguments) {
        List<String> all = new ArrayList<>(List.of(tools.deploy("lab").toString(), verb, dir.toString()));
        all.addAll(List.of(arguments));
        return Command.run(PATIENCE, new byte[0], all).orThrow();
    }

    /** Takes the kernel's own time into account: it removes devices for some seconds after the lab is gone. */
    @Override
    public void close() {
        try {
            script("down");
            Thread.sleep(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
