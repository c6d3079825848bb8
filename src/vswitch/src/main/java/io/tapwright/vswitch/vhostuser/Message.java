package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.posix.Fd;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A message of a front-end: {@code u32 request; u32 flags; u32 size; payload}, in the host's byte order, with descriptors.
 *
 * @param payload of exactly the size that was announced; read from its begin
 * @param fds     what came with it; whoever handles the message takes those he keeps, the rest is closed
 */
record Message(int number, int flags, ByteBuffer payload, List<Fd> fds) {

    static final int HEADER = 12;
    /** No message that we know is longer than a table of all its regions. */
    static final int MOST_PAYLOAD = 4096;

    private static final int VERSION_MASK = 3;
    static final int VERSION = 1;
    private static final int REPLY = 4;
    private static final int NEED_REPLY = 8;
    /** Exactly: version 1 and the reply bit. */
    static final int REPLY_FLAGS = VERSION | REPLY;

    boolean needsReply() {
        return (flags & NEED_REPLY) != 0;
    }

    boolean isVersion1() {
        return (flags & VERSION_MASK) == VERSION;
    }

    /** Takes the descriptor that has to be there, alone. */
    Fd takeFd() {
        if (fds.size() != 1) {
            throw new ProtocolException(fds.size() + " descriptors, expected one");
        }
        return fds.removeFirst();
    }

    /** @throws ProtocolException if the payload has another size */
    ByteBuffer payload(int size) {
        if (payload.limit() != size) {
            throw new ProtocolException("a payload of " + payload.limit() + " bytes, expected " + size);
        }
        return payload;
    }

    long number64() {
        return payload(Long.BYTES).getLong(0);
    }
}
