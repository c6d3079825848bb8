package io.tapwright.testkit.net;

import com.sun.jna.Native;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A network namespace for a test: one thread lives in it, and so do the threads and processes that it starts. Nothing
 * is mounted and nothing has a name on the host, so that the namespace and all devices in it go when the last of them
 * has ended, however the test ends. It has a loopback device that is down, and nothing else.
 *
 * <p>{@link #run} may be called from any thread, the namespace's own included. Closed by the test.
 */
public final class NetworkNamespace implements AutoCloseable {

    /** CLONE_NEWNET of linux/sched.h. */
    private static final int CLONE_NEWNET = 0x40000000;
    private static final long PROCESS_SECONDS = 30;

    private final ExecutorService thread;
    private volatile Thread owner;
    private final Path path;

    private static final class LibC {
        static {
            Native.register(LibC.class, "c");
        }

        /** {@code int unshare(int flags)}: for the calling thread alone. */
        static native int unshare(int flags);
    }

    private NetworkNamespace() {
        thread = Executors.newSingleThreadExecutor(task -> {
            owner = Thread.ofPlatform().name("network-namespace").daemon().unstarted(task);
            return owner;
        });
        try {
            path = run(NetworkNamespace::enterNew);
        } catch (RuntimeException | Error e) {
            thread.shutdownNow();
            throw e;
        }
    }

    /** @throws IllegalStateException where the process may not; ask {@link #isAvailable()} first */
    public static NetworkNamespace open() {
        return new NetworkNamespace();
    }

    /** True where this process may make network namespaces and taps in them. */
    public static boolean isAvailable() {
        if (!Files.isWritable(Path.of("/dev/net/tun"))) {
            return false;
        }
        try (NetworkNamespace probe = open()) {
            return Files.exists(probe.path);
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private static Path enterNew() throws IOException {
        if (LibC.unshare(CLONE_NEWNET) != 0) {
            throw new IllegalStateException("unshare(CLONE_NEWNET): errno " + Native.getLastError());
        }
        return Path.of("/proc").resolve(Files.readSymbolicLink(Path.of("/proc/thread-self"))).resolve("ns/net");
    }

    /** The namespace as a file, for {@code ip link set X netns PATH}; valid until it is closed. */
    public Path path() {
        return path;
    }

    /** Runs {@code work} in the namespace and waits for it; what it throws comes back as it is. */
    public <T> T run(Callable<T> work) {
        if (Thread.currentThread() == owner) {
            try {
                return work.call();
            } catch (Exception e) {
                throw thrown(e);
            }
        }
        try {
            return thread.submit(work).get();
        } catch (ExecutionException e) {
            throw thrown(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the namespace's thread", e);
        }
    }

    /** Starts a process in the namespace; its output and errors are one stream. */
    public Process start(String... command) {
        return run(() -> new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /**
     * Runs a process in the namespace to its end.
     *
     * @return its output and errors
     * @throws IllegalStateException where it does not end with 0 within 30 s
     */
    public String execute(String... command) {
        Process process = start(command);
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(PROCESS_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new IllegalStateException(String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + List.of(command), e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Ends the thread, and with it the namespace unless a process is still inside. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            thread.awaitTermination(PROCESS_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static RuntimeException thrown(Throwable cause) {
        return NetworkNamespace.<RuntimeException>sneaky(cause);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> RuntimeException sneaky(Throwable cause) throws E {
        throw (E) cause;
    }
}
