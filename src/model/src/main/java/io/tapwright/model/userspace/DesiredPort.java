package io.tapwright.model.userspace;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** One port of a network in the switch. A port whose settings change is made anew. */
public sealed interface DesiredPort {

    /** Unique within the network; for people and machines, 1 to 255 characters. */
    String name();

    /**
     * The back-end of a guest's NIC.
     *
     * @param socket absolute and without {@code .} or {@code ..}, at most {@link #MAX_SOCKET_BYTES} bytes
     * @param listen true for libvirt's {@code mode='client'}, where QEMU connects to us; false where QEMU listens and we
     *               connect, again and again until it does
     * @param mac    the guest's own, of which the switch need not learn where it is
     */
    record VhostUserPort(String name, Path socket, boolean listen, MacAddress mac) implements DesiredPort {

        /** {@code sun_path} of linux/un.h has 108 bytes, the last of them a zero. */
        public static final int MAX_SOCKET_BYTES = 107;

        public VhostUserPort {
            requireName("port", name);
            if (!socket.isAbsolute() || !socket.equals(socket.normalize())) {
                throw new IllegalArgumentException("port '" + name + "': socket " + socket + ": expected an absolute path without '..'");
            }
            int bytes = socket.toString().getBytes(StandardCharsets.UTF_8).length;
            if (bytes > MAX_SOCKET_BYTES) {
                throw new IllegalArgumentException("port '" + name + "': socket " + socket + " has " + bytes
                        + " bytes, the kernel takes at most " + MAX_SOCKET_BYTES);
            }
        }
    }

    /**
     * A tap that exists already, persistent, with IFF_VNET_HDR and one queue; the switch's user may open it.
     *
     * @param device the tap
     */
    record TapPort(String name, InterfaceName device) implements DesiredPort {

        public TapPort {
            requireName("port", name);
        }
    }

    /** @param what {@code port} or {@code network} */
    static void requireName(String what, String name) {
        if (name.isEmpty() || name.length() > 255 || name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    what + " '" + name + "': expected a name of 1 to 255 characters without control characters");
        }
    }
}
