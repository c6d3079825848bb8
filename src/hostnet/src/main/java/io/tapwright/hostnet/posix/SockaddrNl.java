package io.tapwright.hostnet.posix;

/** {@code struct sockaddr_nl} of linux/netlink.h. */
final class SockaddrNl {

    static final int SIZE = 12;
    static final int FAMILY = 0;
    static final int PID = 4;
    static final int GROUPS = 8;

    /** AF_NETLINK of linux/socket.h. */
    static final short AF_NETLINK = 16;

    private final NativeBuffer buffer = new NativeBuffer(SIZE);

    /** Any port, listening to the multicast groups whose bits are set. */
    static SockaddrNl listeningTo(int groups) {
        SockaddrNl address = new SockaddrNl();
        address.buffer.bytes().putShort(FAMILY, AF_NETLINK).putInt(GROUPS, groups);
        return address;
    }

    /** Room for a sender. */
    static SockaddrNl empty() {
        return new SockaddrNl();
    }

    /** Only the kernel has port 0. */
    boolean isKernel() {
        return buffer.bytes().getInt(PID) == 0;
    }

    NativeBuffer buffer() {
        return buffer;
    }
}
