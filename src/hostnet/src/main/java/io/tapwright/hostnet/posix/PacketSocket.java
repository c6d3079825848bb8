package io.tapwright.hostnet.posix;

import com.sun.jna.Native;
import io.tapwright.model.host.Errno;
import java.nio.ByteBuffer;

/**
 * Copies of all frames from and to one device (packet(7)). What is not read in time is dropped and counted by the kernel,
 * which goes on with the frames themselves whatever becomes of the copies. Needs CAP_NET_RAW. One thread.
 */
public final class PacketSocket implements AutoCloseable {

    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    /** Beyond net.core.rmem_max; needs CAP_NET_ADMIN. */
    private static final int SO_RCVBUFFORCE = 33;
    static final int SO_TIMESTAMPNS = 35;
    static final int SOL_PACKET = 263;
    static final int PACKET_STATISTICS = 6;
    static final int PACKET_AUXDATA = 8;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_TRUNC = 0x20;

    /** {@code struct tpacket_auxdata}. */
    static final int AUXDATA_SIZE = 20;
    static final int AUXDATA_STATUS = 0;
    static final int AUXDATA_VLAN_TCI = 16;
    static final int AUXDATA_VLAN_TPID = 18;
    static final int TP_STATUS_VLAN_VALID = 1 << 4;
    static final int TP_STATUS_VLAN_TPID_VALID = 1 << 6;
    private static final short VLAN_TPID = (short) 0x8100;

    /** {@code struct tpacket_stats}: {@code unsigned int tp_packets, tp_drops}. */
    static final int STATS_SIZE = 8;
    /** Two addresses, behind which a VLAN tag is. */
    private static final int ADDRESSES = 12;
    private static final int TAG = 4;

    private final Fd fd;
    private final String device;
    private final int index;
    private final int snapLength;
    /** The tag that the kernel took out is put back in before {@link #TAG}. */
    private final NativeBuffer room;
    private final SockaddrLl sender = SockaddrLl.empty();
    private final MsgHdr message = new MsgHdr(sender.buffer());
    private final NativeBuffer stats = new NativeBuffer(STATS_SIZE);
    private final NativeBuffer statsLength = new NativeBuffer(Integer.BYTES);
    private int begin;
    private int captured;
    private int length;
    private long epochNanos;
    private long packets;
    private long drops;

    private PacketSocket(Fd fd, String device, int index, int snapLength) {
        this.fd = fd;
        this.device = device;
        this.index = index;
        this.snapLength = snapLength;
        room = new NativeBuffer(TAG + snapLength);
    }

    /**
     * Opens one.
     *
     * @param snapLength  so many bytes of each frame at most
     * @param bufferBytes what the kernel may keep that was not read yet
     */
    public static PacketSocket open(String device, int snapLength, int bufferBytes) {
        // Protocol 0: nothing comes before it is bound to the device.
        Fd fd = Fd.packet();
        try {
            IfReq request = new IfReq(device);
            fd.control("SIOCGIFINDEX " + device, SIOCGIFINDEX, request);
            fd.setOption(SOL_PACKET, PACKET_AUXDATA, 1);
            fd.setOption(SOL_SOCKET, SO_TIMESTAMPNS, 1);
            try {
                fd.setOption(SOL_SOCKET, SO_RCVBUFFORCE, bufferBytes);
            } catch (SystemCallException onlyAsMuchAsAllMayHave) {
                fd.setOption(SOL_SOCKET, SO_RCVBUF, bufferBytes);
            }
            fd.bind(SockaddrLl.of(request.index()));
            return new PacketSocket(fd, device, request.index(), snapLength);
        } catch (SystemCallException e) {
            fd.close();
            throw e;
        }
    }

    /** Whether the device is there still. */
    public boolean isDeviceThere() {
        try {
            IfReq request = new IfReq(device);
            fd.control("SIOCGIFINDEX " + device, SIOCGIFINDEX, request);
            return request.index() == index;
        } catch (SystemCallException gone) {
            return false;
        }
    }

    /** Waits until there may be something to read. */
    public void awaitInput(int timeoutMillis) {
        Fd.awaitInput(timeoutMillis, fd);
    }

    /**
     * Takes the next frame, without waiting.
     *
     * @return false where there is none
     * @throws SystemCallException ENETDOWN where the device was set down or deleted: once
     */
    public boolean receive() {
        while (true) {
            NativeBuffer header = message.prepared(room, TAG, snapLength);
            long got = LibC.recvmsg(fd.number(), header.pointer(), MSG_DONTWAIT | MSG_TRUNC);
            if (got >= 0) {
                begin = TAG;
                length = (int) got;
                captured = Math.min(length, snapLength);
                message.forEachControl(this::onControl);
                return true;
            }
            Errno errno = new Errno(Native.getLastError());
            if (errno.equals(Errno.EAGAIN)) {
                return false;
            }
            if (!errno.equals(Errno.EINTR)) {
                throw new SystemCallException(errno, "recvmsg");
            }
        }
    }

    private void onControl(int level, int type, ByteBuffer data) {
        if (level == SOL_SOCKET && type == SO_TIMESTAMPNS && data.remaining() >= 2 * Long.BYTES) {
            epochNanos = data.getLong(0) * 1_000_000_000L + data.getLong(Long.BYTES);
        } else if (level == SOL_PACKET && type == PACKET_AUXDATA && data.remaining() >= AUXDATA_SIZE) {
            int status = data.getInt(AUXDATA_STATUS);
            if ((status & TP_STATUS_VLAN_VALID) != 0 && captured >= ADDRESSES) {
                putTag(data.getShort(AUXDATA_VLAN_TCI),
                        (status & TP_STATUS_VLAN_TPID_VALID) != 0 ? data.getShort(AUXDATA_VLAN_TPID) : VLAN_TPID);
            }
        }
    }

    /** As libpcap does: the kernel keeps a frame's outer VLAN tag beside it. */
    private void putTag(short tci, short tpid) {
        ByteBuffer bytes = room.bytes();
        // In bounds: there are TAG bytes before the frame, which has at least its addresses.
        for (int i = 0; i < ADDRESSES; i++) {
            bytes.put(i, bytes.get(TAG + i));
        }
        for (int i = 0; i < 2; i++) {
            bytes.put(ADDRESSES + i, (byte) (tpid >> 8 - 8 * i));
            bytes.put(ADDRESSES + 2 + i, (byte) (tci >> 8 - 8 * i));
        }
        begin = 0;
        length += TAG;
        captured = Math.min(captured + TAG, snapLength);
    }

    // -- of the last frame ----------------------------------------------------------------------

    /** In the caller's hands until the next is received. */
    public ByteBuffer bytes() {
        return room.bytes().slice(begin, captured);
    }

    public int length() {
        return length;
    }

    /** By the kernel's clock, when it was copied. */
    public long epochNanos() {
        return epochNanos;
    }

    /** True where the host sent it to the device; false where it came out of it. */
    public boolean isOutgoing() {
        return sender.isOutgoing();
    }

    // -- of all of them -------------------------------------------------------------------------

    /** How many there were, the dropped ones among them. */
    public long packets() {
        count();
        return packets;
    }

    public long drops() {
        count();
        return drops;
    }

    /** The kernel forgets what it has told. */
    private void count() {
        statsLength.bytes().putInt(0, STATS_SIZE);
        // In bounds: C is told the size of what it stores.
        if (LibC.getsockopt(fd.number(), SOL_PACKET, PACKET_STATISTICS, stats.pointer(), statsLength.pointer()) == 0) {
            packets += Integer.toUnsignedLong(stats.bytes().getInt(0));
            drops += Integer.toUnsignedLong(stats.bytes().getInt(Integer.BYTES));
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
