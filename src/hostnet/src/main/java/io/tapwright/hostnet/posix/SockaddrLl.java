package io.tapwright.hostnet.posix;

import java.nio.ByteOrder;

/** {@code struct sockaddr_ll} of linux/if_packet.h. */
final class SockaddrLl {

    static final int SIZE = 20;
    static final int FAMILY = 0;
    static final int PROTOCOL = 2;
    static final int IFINDEX = 4;
    static final int PKTTYPE = 10;

    /** AF_PACKET of linux/socket.h. */
    static final short AF_PACKET = 17;
    /** PACKET_OUTGOING: from the host to the device. */
    static final int OUTGOING = 4;
    /** htons(ETH_P_ALL), on a little-endian machine and on a big-endian one. */
    private static final short ALL = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0x0300 : (short) 3;

    private final NativeBuffer buffer = new NativeBuffer(SIZE);

    /** Frames of all protocols of one device. */
    static SockaddrLl of(int index) {
        SockaddrLl address = new SockaddrLl();
        address.buffer.bytes().putShort(FAMILY, AF_PACKET).putShort(PROTOCOL, ALL).putInt(IFINDEX, index);
        return address;
    }

    /** Room for a sender. */
    static SockaddrLl empty() {
        return new SockaddrLl();
    }

    boolean isOutgoing() {
        return buffer.bytes().get(PKTTYPE) == OUTGOING;
    }

    NativeBuffer buffer() {
        return buffer;
    }
}
