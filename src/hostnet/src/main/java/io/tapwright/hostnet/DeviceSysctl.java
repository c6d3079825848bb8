package io.tapwright.hostnet;

import io.tapwright.hostnet.posix.Fd;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Settings of a device that rtnetlink has no attribute for: Documentation/networking/ip-sysctl.rst. The kernel looks
 * {@code /proc/sys/net} up in the network namespace of the thread that opens the file.
 */
enum DeviceSysctl {

    /** No IPv6 on the device, now and when it is raised. */
    DISABLE_IPV6("ipv6", "disable_ipv6"),
    /** Whether a device that is raised or gets another link address says so by gratuitous ARP. */
    ARP_NOTIFY("ipv4", "arp_notify"),
    /** The same by unsolicited neighbour advertisements. */
    NDISC_NOTIFY("ipv6", "ndisc_notify");

    /** Directories beside those of the devices, that stand for all of them. */
    private static final Set<String> NOT_A_DEVICE = Set.of("all", "default");

    private final String family;
    private final String key;

    DeviceSysctl(String family, String key) {
        this.family = family;
        this.key = key;
    }

    void set(InterfaceName device, boolean value) {
        set(device, value ? "1" : "0");
    }

    /** A device or a kernel that knows nothing of it, for want of IPv6 say, is none to set anything on. */
    void set(InterfaceName device, String value) {
        if (NOT_A_DEVICE.contains(device.text())) {
            throw new SystemCallException(Errno.EINVAL, path(device) + " stands for more than one device");
        }
        try (Fd file = Fd.open(path(device), Fd.O_WRONLY)) {
            file.write(value);
        } catch (SystemCallException e) {
            if (!e.errno().equals(Errno.ENOENT)) {
                throw e;
            }
        }
    }

    /** The value now, empty where it can't be read. */
    Optional<String> value(InterfaceName device) {
        try {
            return Optional.of(Files.readString(Path.of(path(device))).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** A device's name holds no slash and is neither "." nor "..", so that the path stays within the directory. */
    private String path(InterfaceName device) {
        return "/proc/sys/net/" + family + "/conf/" + device + "/" + key;
    }
}
