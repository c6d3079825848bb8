package io.tapwright.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A libvirtd of its own in namespaces, made by {@code deploy/lab}; its sockets are reached from outside. */
final class LibvirtLab implements AutoCloseable {

    private static final Path SCRIPT = Path.of("..", "deploy", "lab").toAbsolutePath().normalize();
    private static final List<String> TOOLS = List.of(
            "bash", "ip", "unshare", "nsenter", "setpriv", "libvirtd", "virtlogd", "virsh", "qemu-system-x86_64");

    private final Path dir;

    private LibvirtLab(Path dir) {
        this.dir = dir;
    }

    /** Skips the test where a lab cannot be. */
    static LibvirtLab up() {
        assumeTrue("root".equals(System.getProperty("user.name")), "a lab needs root");
        assumeTrue(Files.isExecutable(SCRIPT), "a lab needs " + SCRIPT);
        for (String tool : TOOLS) {
            assumeTrue(isOnPath(tool), "a lab needs " + tool);
        }
        try {
            LibvirtLab lab = new LibvirtLab(Files.createTempDirectory(Path.of("/tmp"), "tw."));
            lab.lab("", "up", "--owner", Long.toString(ProcessHandle.current().pid()));
            return lab;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOnPath(String tool) {
        String path = System.getenv("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin";
        return Arrays.stream(path.split(":")).anyMatch(d -> Files.isExecutable(Path.of(d, tool)));
    }

    /** @param driver such as {@code qemu} and its path, {@code system} */
    String uri(String driver, String path) {
        return driver + "+unix:///" + path + "?socket=" + dir.resolve("run/libvirt/libvirt-sock");
    }

    /** libvirtd start, stop, restart, kill. */
    void libvirtd(String verb) {
        lab("", "libvirtd", verb);
    }

    /** Sends a signal such as STOP or CONT to libvirtd. */
    void signal(String name) {
        run("", "sh", "-c", "kill -" + name + " $(cat /run/libvirt/libvirtd.pid)");
    }

    String run(String input, String... command) {
        List<String> args = new ArrayList<>(List.of("--"));
        args.addAll(List.of(command));
        return lab(input, "run", args.toArray(String[]::new));
    }

    private String lab(String input, String verb, String... args) {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString(), verb, dir.toString()));
        command.addAll(List.of(args));
        try {
            Path output = Files.createTempFile("lab", ".out");
            try {
                Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
                process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
                process.getOutputStream().close();
                boolean ended = process.waitFor(60, TimeUnit.SECONDS);
                process.destroyForcibly();
                String said = Files.readString(output);
                assertThat(ended && process.exitValue() == 0).as("%s: %s", command, said).isTrue();
                return said;
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted: " + command, e);
        }
    }

    @Override
    public void close() {
        lab("", "down");
    }
}
