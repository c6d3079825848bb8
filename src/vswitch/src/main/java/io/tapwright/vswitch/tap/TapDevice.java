package io.tapwright.vswitch.tap;

import io.tapwright.model.InterfaceName;
import io.tapwright.vswitch.frame.VirtioNetHeader;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.LibC;
import io.tapwright.vswitch.posix.SystemCallException;
import io.tapwright.vswitch.posix.UnixSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A persistent tap that somebody has made for us, as the kernel's drivers/net/tun.c gives it (include/uapi/linux/if_tun.h).
 * Its owner needs no capability. The loop's.
 */
final class TapDevice {

    private static final Path TUN = Path.of("/dev/net/tun");

    // _IOW('T', n, int) and _IOR('T', n, unsigned int) of include/uapi/linux/if_tun.h
    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNGETIFF = 0x800454d2L;
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;
    private static final long TUNSETVNETLE = 0x400454dcL;

    private static final int IFF_TAP = 0x0002;
    private static final int IFF_PERSIST = 0x0800;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;

    private static final int TUN_F_CSUM = 1;
    private static final int TUN_F_TSO4 = 2;
    private static final int TUN_F_TSO6 = 4;
    private static final int TUN_F_TSO_ECN = 8;

    // include/uapi/linux/sockios.h and if.h
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final int IFF_UP = 1;

    // struct ifreq: the name, then a union that begins with `short ifr_flags`.
    private static final int IFREQ = 40;
    private static final int IFREQ_FLAGS = 16;

    /** How a tap stands that is open. */
    enum State {
        UP,
        /** The kernel takes no frame (EIO). */
        DOWN,
        /** Deleted: the descriptor leads nowhere (EBADFD). */
        GONE
    }

    private TapDevice() {
    }

    /**
     * Opens a tap, which is there: frames have a header of {@link VirtioNetHeader#LENGTH} bytes, reads and writes don't
     * wait, and the kernel leaves checksums and the segmentation of TCP to whoever reads.
     *
     * @throws SystemCallException where there is none (ENODEV), another process has it (EBUSY), it belongs to somebody
     *                             else (EPERM), or is no tap of one queue (EINVAL)
     */
    static Fd open(InterfaceName name) {
        try (Arena arena = Arena.ofConfined()) {
            LibC c = new LibC();
            MemorySegment request = request(arena, name);
            // TUNSETIFF would make what is not there, for whoever may.
            checked("find tap " + name, flags(c, request));
            Fd tap = Fd.open(TUN, Fd.O_RDWR);
            try {
                attach(c, tap, name, request, arena);
                return tap;
            } catch (SystemCallException e) {
                tap.close();
                throw e;
            }
        }
    }

    private static void attach(LibC c, Fd tap, InterfaceName name, MemorySegment request, Arena arena) {
        setFlags(request, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
        checked("open tap " + name, c.ioctl(tap.number(), TUNSETIFF, request.address()));
        checked("look at tap " + name, c.ioctl(tap.number(), TUNGETIFF, request.address()));
        if ((flagsOf(request) & IFF_PERSIST) == 0) {
            // One that is there and not persistent is somebody's, and busy. So it went a moment ago, we have just made
            // one in its place, and that goes again when it is closed.
            throw new SystemCallException("find tap " + name, LibC.ENODEV);
        }
        MemorySegment number = arena.allocateFrom(ValueLayout.JAVA_INT, VirtioNetHeader.LENGTH);
        checked("TUNSETVNETHDRSZ of tap " + name, c.ioctl(tap.number(), TUNSETVNETHDRSZ, number.address()));
        number.set(ValueLayout.JAVA_INT, 0, 1);
        int little = c.ioctl(tap.number(), TUNSETVNETLE, number.address());
        if (little < 0 && (little != -LibC.EINVAL || ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN)) {
            // A kernel that does not know it has headers in the machine's own order.
            checked("TUNSETVNETLE of tap " + name, little);
        }
        int offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
        checked("TUNSETOFFLOAD of tap " + name, c.ioctl(tap.number(), TUNSETOFFLOAD, offloads));
    }

    /** How an open tap stands. One that was moved to another network namespace counts as up: it can't be seen from here. */
    static State look(Fd tap) {
        try (Arena arena = Arena.ofConfined()) {
            LibC c = new LibC();
            // In bounds: both calls write to the struct alone. The first fills in the name, which may have changed.
            MemorySegment request = arena.allocate(IFREQ, 8);
            if (c.ioctl(tap.number(), TUNGETIFF, request.address()) < 0) {
                return State.GONE;
            }
            return flags(c, request) >= 0 && (flagsOf(request) & IFF_UP) == 0 ? State.DOWN : State.UP;
        }
    }

    private static MemorySegment request(Arena arena, InterfaceName name) {
        MemorySegment request = arena.allocate(IFREQ, 8);
        byte[] bytes = name.text().getBytes(StandardCharsets.UTF_8);
        // In bounds: a name has at most 15 bytes, the field 16.
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, request, 0, bytes.length);
        return request;
    }

    /** Has the kernel fill in the flags of the device that the request names; any socket will do to ask. */
    private static int flags(LibC c, MemorySegment request) {
        try (Fd socket = UnixSocket.unconnected()) {
            return c.ioctl(socket.number(), SIOCGIFFLAGS, request.address());
        }
    }

    private static int flagsOf(MemorySegment request) {
        return request.get(ValueLayout.JAVA_SHORT, IFREQ_FLAGS) & 0xffff;
    }

    private static void setFlags(MemorySegment request, int flags) {
        request.set(ValueLayout.JAVA_SHORT, IFREQ_FLAGS, (short) flags);
    }

    private static void checked(String operation, int result) {
        if (result < 0) {
            throw new SystemCallException(operation, -result);
        }
    }
}
