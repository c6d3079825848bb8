package io.tapwright.hostnet;

import io.tapwright.hostnet.posix.Fd;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Errno;
import java.util.Set;

/**
 * A device's {@code disable_ipv6}, for which rtnetlink has no attribute. The kernel looks {@code /proc/sys/net} up in
 * the network namespace of the thread that opens the file.
 */
final class Ipv6Switch {

    private static final String DIRECTORY = "/proc/sys/net/ipv6/conf/";

    /** Directories beside those of the devices, that stand for all of them. */
    private static final Set<String> NOT_A_DEVICE = Set.of("all", "default");

    private Ipv6Switch() {
    }

    /** No IPv6 on the device, now and when it is raised; a kernel or a device without IPv6 is as wanted. */
    static void off(InterfaceName device) {
        write(device, "1");
    }

    static void on(InterfaceName device) {
        write(device, "0");
    }

    private static void write(InterfaceName device, String value) {
        if (NOT_A_DEVICE.contains(device.text())) {
            throw new SystemCallException(Errno.EINVAL, DIRECTORY + device + " stands for more than one device");
        }
        // A device's name holds no slash and is neither "." nor "..": the path stays within the directory.
        try (Fd file = Fd.open(DIRECTORY + device + "/disable_ipv6", Fd.O_WRONLY)) {
            file.write(value);
        } catch (SystemCallException e) {
            if (!e.errno().equals(Errno.ENOENT)) {
                throw e;
            }
        }
    }
}
