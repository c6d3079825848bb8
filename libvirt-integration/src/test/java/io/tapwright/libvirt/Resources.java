package io.tapwright.libvirt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * What this process holds of the kernel.
 *
 * @param fds     open file descriptors but regular files: class loading opens and closes jars as it likes
 * @param threads that Java knows of named as the hypervisor names its own
 */
record Resources(int fds, int threads) {

    static Resources now() {
        int fds = 0;
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            for (Path fd : (Iterable<Path>) all::iterator) {
                String target = target(fd);
                if (target.startsWith("socket:") || target.startsWith("pipe:") || target.startsWith("anon_inode:")) {
                    fds++;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> ours = List.of("libvirt", "libvirt-events");
        int threads = (int) Thread.getAllStackTraces().keySet().stream().filter(t -> ours.contains(t.getName())).count();
        return new Resources(fds, threads);
    }

    private static String target(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString();
        } catch (IOException e) {
            return ""; // the one that lists the directory is gone by now
        }
    }

    /** libvirt closes sockets from its loop, a moment later: waits until {@code condition} holds, or for some seconds. */
    static boolean eventually(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            LockSupport.parkNanos(1_000_000);
        }
        return true;
    }
}
