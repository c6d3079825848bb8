package io.tapwright.hostnet;

import io.tapwright.hostnet.posix.Fd;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.tun.TapDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** What this process may do to the host's network. Any thread; asks the kernel each time. */
public final class Capabilities {

    private static final Path STATUS = Path.of("/proc/thread-self/status");
    /** Of linux/capability.h. */
    private static final int CAP_NET_ADMIN = 12;

    private Capabilities() {
    }

    /**
     * Why this process can't make taps and change devices, as a sentence for the operator; empty where it can. Devices
     * can be read either way.
     */
    public static Optional<String> obstacle() {
        try (Stream<String> status = Files.lines(STATUS)) {
            return obstacle(status.filter(line -> line.startsWith("CapEff:")).findFirst().orElse(""))
                    .or(Capabilities::tunObstacle);
        } catch (IOException e) {
            return Optional.of("read " + STATUS + ": " + e.getMessage());
        }
    }

    /** @param effective the line of proc(5) with the effective capabilities as a number of 16 hex digits */
    static Optional<String> obstacle(String effective) {
        String hex = effective.replaceFirst("^CapEff:", "").strip();
        if (hex.matches("[0-9a-fA-F]{1,16}") && (Long.parseUnsignedLong(hex, 16) & 1L << CAP_NET_ADMIN) != 0) {
            return Optional.empty();
        }
        return Optional.of("this process lacks the capability CAP_NET_ADMIN; run it as root, or give it the capability");
    }

    private static Optional<String> tunObstacle() {
        try {
            Fd.open(TapDevice.DEVICE, Fd.O_RDWR).close();
            return Optional.empty();
        } catch (SystemCallException e) {
            return Optional.of("open " + TapDevice.DEVICE + ": " + e.errno()
                    + "; load the kernel's module tun, and let this process read and write the device");
        }
    }
}
