package io.tapwright.hostnet.posix;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.util.Objects;

/** {@code struct msghdr} of sys/socket.h with one {@code struct iovec}, a sender's address and room for control messages. */
final class MsgHdr {

    static final int SIZE = 56;
    static final int NAME = 0;
    static final int NAMELEN = 8;
    static final int IOV = 16;
    static final int IOVLEN = 24;
    static final int CONTROL = 32;
    static final int CONTROLLEN = 40;

    static final int IOVEC_SIZE = 16;
    static final int IOVEC_BASE = 0;
    static final int IOVEC_LEN = 8;

    /** {@code struct cmsghdr}: {@code size_t cmsg_len}, which counts itself; {@code int cmsg_level, cmsg_type}; the data. */
    static final int CMSG_HEADER = 16;
    static final int CMSG_LEN = 0;
    static final int CMSG_LEVEL = 8;
    static final int CMSG_TYPE = 12;

    private static final int CONTROL_ROOM = 256;

    private final NativeBuffer header = new NativeBuffer(SIZE);
    private final NativeBuffer iovec = new NativeBuffer(IOVEC_SIZE);
    private final NativeBuffer control = new NativeBuffer(CONTROL_ROOM);
    private final NativeBuffer name;

    /** @param name where the sender's address goes */
    MsgHdr(NativeBuffer name) {
        this.name = name;
    }

    /** For the next message, whose bytes go to {@code buffer} from {@code offset} on, {@code length} at most. */
    NativeBuffer prepared(NativeBuffer buffer, int offset, int length) {
        // In bounds: checkFromIndexSize holds what C is told to the buffer's size.
        Objects.checkFromIndexSize(offset, length, buffer.size());
        iovec.bytes().putLong(IOVEC_BASE, address(buffer) + offset).putLong(IOVEC_LEN, length);
        header.bytes().putLong(NAME, address(name)).putInt(NAMELEN, name.size()).putLong(IOV, address(iovec)).putLong(IOVLEN, 1)
                .putLong(CONTROL, address(control)).putLong(CONTROLLEN, control.size());
        return header;
    }

    private static long address(NativeBuffer buffer) {
        return Pointer.nativeValue(buffer.pointer());
    }

    interface ControlMessages {
        void message(int level, int type, ByteBuffer data);
    }

    /** What came beside the last message. */
    void forEachControl(ControlMessages listener) {
        ByteBuffer bytes = control.bytes();
        long end = Math.min(header.bytes().getLong(CONTROLLEN), CONTROL_ROOM);
        for (int at = 0; at + CMSG_HEADER <= end; ) {
            long length = bytes.getLong(at + CMSG_LEN);
            if (length < CMSG_HEADER || length > end - at) {
                return;
            }
            listener.message(bytes.getInt(at + CMSG_LEVEL), bytes.getInt(at + CMSG_TYPE),
                    bytes.slice(at + CMSG_HEADER, (int) length - CMSG_HEADER).order(bytes.order()));
            at += (int) (length + Long.BYTES - 1 & -Long.BYTES);
        }
    }
}
