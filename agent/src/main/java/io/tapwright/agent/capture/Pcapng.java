package io.tapwright.agent.capture;

import io.tapwright.model.capture.Direction;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Blocks of a capture of one interface (draft-ietf-opsawg-pcapng; section numbers are its), little-endian, appended to a
 * buffer. Times are nanoseconds since 1970. Pure.
 */
final class Pcapng {

    static final String MEDIA_TYPE = "application/x-pcapng";

    // Block types, section 11.1.
    private static final int SECTION_HEADER = 0x0a0d0d0a;
    private static final int INTERFACE_DESCRIPTION = 1;
    private static final int INTERFACE_STATISTICS = 5;
    private static final int ENHANCED_PACKET = 6;

    private static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
    private static final int LINKTYPE_ETHERNET = 1;
    /** As 10 to the power of minus that. */
    private static final int NANOSECONDS = 9;

    // Options, sections 3.5, 4.1, 4.2, 4.3 and 4.6.
    private static final int END_OF_OPTIONS = 0;
    private static final int COMMENT = 1;
    private static final int SHB_USERAPPL = 4;
    private static final int IF_NAME = 2;
    private static final int IF_DESCRIPTION = 3;
    private static final int IF_TSRESOL = 9;
    private static final int EPB_FLAGS = 2;
    private static final int ISB_STARTTIME = 2;
    private static final int ISB_ENDTIME = 3;
    private static final int ISB_IFRECV = 4;
    private static final int ISB_IFDROP = 5;
    private static final int MOST_OPTION = 0xffff;

    private static final int INBOUND = 1;
    private static final int OUTBOUND = 2;

    /** Block type, its length before and after, interface, time, two lengths; and the option of the direction with the end. */
    private static final int PACKET_WITHOUT_BYTES = 32 + 8 + 4;

    private final Buffer to;

    Pcapng(Buffer to) {
        this.to = to;
    }

    /** What a stream begins with: whose it is, and the one interface. */
    void begin(String application, String name, String description, int snapLength) {
        int section = open(SECTION_HEADER);
        // Version 1.0; nobody knows how long it is going to be.
        to.appendIntLE(BYTE_ORDER_MAGIC).appendShortLE((short) 1).appendShortLE((short) 0).appendLongLE(-1);
        option(SHB_USERAPPL, application);
        close(section);
        int description0 = open(INTERFACE_DESCRIPTION);
        to.appendShortLE((short) LINKTYPE_ETHERNET).appendShortLE((short) 0).appendIntLE(snapLength);
        option(IF_NAME, name);
        option(IF_DESCRIPTION, description);
        option(IF_TSRESOL, new byte[] {NANOSECONDS});
        close(description0);
    }

    /** One frame. Directions are the VM's: inbound is what it received. */
    void frame(long epochNanos, Direction direction, int length, ByteBuffer bytes) {
        int captured = bytes.remaining();
        int total = PACKET_WITHOUT_BYTES + padded(captured);
        to.appendIntLE(ENHANCED_PACKET).appendIntLE(total).appendIntLE(0);
        time(epochNanos);
        to.appendIntLE(captured).appendIntLE(length);
        byte[] copy = new byte[padded(captured)];
        bytes.get(copy, 0, captured);
        to.appendBytes(copy);
        to.appendShortLE((short) EPB_FLAGS).appendShortLE((short) 4).appendIntLE(switch (direction) {
            case TO_VM -> INBOUND;
            case FROM_VM -> OUTBOUND;
        });
        to.appendIntLE(END_OF_OPTIONS).appendIntLE(total);
    }

    /**
     * How it stands.
     *
     * @param frames  that passed, {@code drops} among them
     * @param comment empty for none
     */
    void statistics(long beginNanos, long nowNanos, long frames, long drops, String comment) {
        int block = open(INTERFACE_STATISTICS);
        to.appendIntLE(0);
        time(nowNanos);
        if (!comment.isEmpty()) {
            option(COMMENT, comment);
        }
        to.appendShortLE((short) ISB_STARTTIME).appendShortLE((short) 8);
        time(beginNanos);
        to.appendShortLE((short) ISB_ENDTIME).appendShortLE((short) 8);
        time(nowNanos);
        to.appendShortLE((short) ISB_IFRECV).appendShortLE((short) 8).appendLongLE(frames);
        to.appendShortLE((short) ISB_IFDROP).appendShortLE((short) 8).appendLongLE(drops);
        close(block);
    }

    /** The upper half first. */
    private void time(long nanos) {
        to.appendIntLE((int) (nanos >>> 32)).appendIntLE((int) nanos);
    }

    /** @return where the block begins */
    private int open(int type) {
        int at = to.length();
        to.appendIntLE(type).appendIntLE(0);
        return at;
    }

    private void close(int at) {
        to.appendIntLE(END_OF_OPTIONS);
        int total = to.length() + 4 - at;
        to.setIntLE(at + 4, total).appendIntLE(total);
    }

    private void option(int code, String text) {
        option(code, text.getBytes(StandardCharsets.UTF_8));
    }

    private void option(int code, byte[] value) {
        int length = Math.min(value.length, MOST_OPTION);
        to.appendShortLE((short) code).appendShortLE((short) length).appendBytes(value, 0, length)
                .appendBytes(new byte[padded(length) - length]);
    }

    private static int padded(int length) {
        return length + 3 & -4;
    }
}
