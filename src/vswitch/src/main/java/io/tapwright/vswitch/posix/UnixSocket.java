package io.tapwright.vswitch.posix;

import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Stream sockets that file descriptors come over (unix(7)); none of the calls waits. One thread. */
public final class UnixSocket {

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int BACKLOG = 4;

    /** {@code char sun_path[108]} of include/uapi/linux/un.h, with a zero at its end. */
    private static final int MOST_PATH = 107;

    /** More than any message of vhost-user has; what comes beyond it the kernel drops. */
    private static final int MOST_FDS = 64;

    // struct msghdr, struct iovec and struct cmsghdr of a 64-bit Linux (include/linux/socket.h, uapi/linux/uio.h).
    private static final int MSGHDR = 56;
    private static final int MSG_IOV = 16;
    private static final int MSG_IOVLEN = 24;
    private static final int MSG_CONTROL = 32;
    private static final int MSG_CONTROLLEN = 40;
    private static final int IOVEC = 16;
    private static final int CMSGHDR = 16;

    private final LibC c = new LibC();
    private final MemorySegment message = Arena.ofAuto().allocate(MSGHDR + IOVEC, 8);
    private final MemorySegment control = Arena.ofAuto().allocate(CMSGHDR + 4L * MOST_FDS, 8);

    /** Listens at a path where nothing is. */
    public static Fd listen(Path path) {
        return at(path, (c, fd, address, length) -> {
            Fd.checked("bind " + path, c.bind(fd, address, length));
            Fd.checked("listen at " + path, c.listen(fd, BACKLOG));
        });
    }

    /** Connects to whoever listens at a path. */
    public static Fd connect(Path path) {
        return at(path, (c, fd, address, length) -> Fd.checked("connect to " + path, c.connect(fd, address, length)));
    }

    /** A socket that is neither bound nor connected: for what the kernel answers by way of any socket (netdevice(7)). */
    public static Fd unconnected() {
        return Fd.owning(Fd.checked("socket", new LibC().socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
    }

    private interface Use {
        void of(LibC c, int fd, long address, int length);
    }

    private static Fd at(Path path, Use use) {
        byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MOST_PATH) {
            throw new IllegalArgumentException(
                    "socket path " + path + " has " + bytes.length + " bytes, the kernel takes at most " + MOST_PATH);
        }
        LibC c = new LibC();
        try (Arena arena = Arena.ofConfined()) {
            // struct sockaddr_un: a short, then the path and a zero.
            MemorySegment address = arena.allocate(2L + MOST_PATH + 1, 2);
            Memory.putShort(address.address(), AF_UNIX);
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, address, 2, bytes.length);
            Fd fd = Fd.owning(Fd.checked("socket", c.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
            try {
                use.of(c, fd.number(), address.address(), 2 + bytes.length + 1);
                return fd;
            } catch (SystemCallException e) {
                fd.close();
                throw e;
            }
        }
    }

    /**
     * The next that has connected to a listening socket, or null where nobody has, or he has gone again.
     *
     * @throws SystemCallException where he can't be had, for want of descriptors as a rule: he goes on waiting, and the
     *                             socket goes on being readable
     */
    public static Fd accept(Fd listening) {
        int fd = new LibC().accept4(listening.number(), 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd == -LibC.EAGAIN || fd == -LibC.EINTR || fd == -LibC.ECONNABORTED) {
            return null;
        }
        return Fd.owning(Fd.checked("accept", fd));
    }

    /**
     * Takes what has come.
     *
     * @param to  the address of room for {@code most} bytes
     * @param fds gets the descriptors that came with it, which the caller owns
     * @return how many bytes; 0 at the end; negated errno, {@link LibC#EAGAIN} where there is nothing yet
     */
    public int receive(Fd socket, long to, int most, List<Fd> fds) {
        describe(to, most, control.byteSize());
        // In bounds: the kernel writes at most `most` bytes to `to`, and as much to the control buffer as it has.
        long received = c.recvmsg(socket.number(), message.address(), MSG_CMSG_CLOEXEC);
        if (received >= 0) {
            takeFds(fds);
        }
        return (int) received;
    }

    private void takeFds(List<Fd> fds) {
        long length = Memory.getLong(message.address() + MSG_CONTROLLEN);
        // In bounds: the kernel says how much of the control buffer it wrote.
        if (length < CMSGHDR) {
            return;
        }
        long header = control.address();
        long count = (Memory.getLong(header) - CMSGHDR) / Integer.BYTES;
        if (Memory.getInt(header + 8) == SOL_SOCKET && Memory.getInt(header + 12) == SCM_RIGHTS) {
            for (long i = 0; i < count; i++) {
                fds.add(Fd.owning(Memory.getInt(header + CMSGHDR + Integer.BYTES * i)));
            }
        }
    }

    /**
     * Sends bytes, and descriptors with the first of them.
     *
     * @return how many bytes were taken, or the negated errno
     */
    public int send(Fd socket, long from, int length, Fd... fds) {
        if (fds.length > MOST_FDS) {
            throw new IllegalArgumentException(fds.length + " descriptors, expected at most " + MOST_FDS);
        }
        int controlLength = CMSGHDR + Integer.BYTES * fds.length;
        // In bounds: the control buffer has room for MOST_FDS.
        Memory.putLong(control.address(), controlLength);
        Memory.putInt(control.address() + 8, SOL_SOCKET);
        Memory.putInt(control.address() + 12, SCM_RIGHTS);
        for (int i = 0; i < fds.length; i++) {
            Memory.putInt(control.address() + CMSGHDR + (long) Integer.BYTES * i, fds[i].number());
        }
        describe(from, length, fds.length == 0 ? 0 : controlLength);
        return (int) c.sendmsg(socket.number(), message.address(), MSG_NOSIGNAL);
    }

    /** Fills in the msghdr and the one iovec after it. */
    private void describe(long buffer, int length, long controlLength) {
        long header = message.address();
        long vector = header + MSGHDR;
        // In bounds: all within the msghdr and the iovec that `message` has room for.
        message.fill((byte) 0);
        Memory.putLong(header + MSG_IOV, vector);
        Memory.putLong(header + MSG_IOVLEN, 1);
        Memory.putLong(header + MSG_CONTROL, controlLength == 0 ? 0 : control.address());
        Memory.putLong(header + MSG_CONTROLLEN, controlLength);
        Memory.putLong(vector, buffer);
        Memory.putLong(vector + 8, length);
    }
}
