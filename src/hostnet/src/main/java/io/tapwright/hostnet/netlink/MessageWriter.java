package io.tapwright.hostnet.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes messages one after the other into one buffer, to be sent as one datagram. Lengths are filled in at the end of
 * each message and nest; sequence numbers by {@link #stamp}. A message that outgrows the buffer is a
 * {@link java.nio.BufferOverflowException}.
 */
public final class MessageWriter {

    private static final int NONE = -1;

    private final ByteBuffer buffer;
    private int messageAt = NONE;
    private int messages;

    /** @param buffer written from 0 to its capacity; its byte order becomes the machine's */
    public MessageWriter(ByteBuffer buffer) {
        this.buffer = buffer.order(ByteOrder.nativeOrder()).clear();
    }

    public MessageWriter clear() {
        buffer.clear();
        messageAt = NONE;
        messages = 0;
        return this;
    }

    /** Bytes so far. */
    public int length() {
        return buffer.position();
    }

    /** A copy of what was written. */
    byte[] written() {
        byte[] written = new byte[length()];
        buffer.get(0, written);
        return written;
    }

    /** Messages that are ended. */
    public int messages() {
        return messages;
    }

    /** Begins a message; NLM_F_REQUEST is added. */
    public MessageWriter begin(int type, int flags) {
        if (messageAt != NONE) {
            throw new IllegalStateException("message begun within a message");
        }
        messageAt = buffer.position();
        buffer.putInt(0).putShort((short) type).putShort((short) (flags | Netlink.NLM_F_REQUEST)).putInt(0).putInt(0);
        return this;
    }

    /** Ends the message begun last. */
    public MessageWriter end() {
        buffer.putInt(messageAt + Netlink.LENGTH_AT, buffer.position() - messageAt);
        pad();
        messageAt = NONE;
        messages++;
        return this;
    }

    public MessageWriter u8(int value) {
        buffer.put((byte) value);
        return this;
    }

    public MessageWriter u16(int value) {
        buffer.putShort((short) value);
        return this;
    }

    public MessageWriter u32(int value) {
        buffer.putInt(value);
        return this;
    }

    public MessageWriter attribute(int type, byte[] value) {
        buffer.putShort((short) attributeLength(value.length)).putShort((short) type).put(value);
        return pad();
    }

    /** The bytes from position to limit, which stay where they are. */
    public MessageWriter attribute(int type, ByteBuffer value) {
        buffer.putShort((short) attributeLength(value.remaining())).putShort((short) type).put(value.duplicate());
        return pad();
    }

    public MessageWriter attribute(int type, int value) {
        return u16(Netlink.ATTRIBUTE_HEADER + Integer.BYTES).u16(type).u32(value);
    }

    /** An attribute of no more than its presence or one byte, as IFLA_CARRIER. */
    public MessageWriter attributeByte(int type, int value) {
        return attribute(type, new byte[] {(byte) value});
    }

    /** A string with the zero byte that C wants. */
    public MessageWriter attribute(int type, String value) {
        return attribute(type, (value + "\0").getBytes(StandardCharsets.UTF_8));
    }

    public MessageWriter attribute(int type, InetAddress value) {
        return attribute(type, value.getAddress());
    }

    /** Begins an attribute that holds attributes; the answer is for {@link #endNest}. */
    public int beginNest(int type) {
        int at = buffer.position();
        u16(0).u16(type | Netlink.NLA_F_NESTED);
        return at;
    }

    public MessageWriter endNest(int begun) {
        buffer.putShort(begun, (short) attributeLength(buffer.position() - begun - Netlink.ATTRIBUTE_HEADER));
        return this;
    }

    /**
     * Numbers the messages from {@code first} on and asks for an acknowledgement of the last alone: the kernel reports
     * every failure anyhow, and carries out all messages of a datagram before the call that sends it returns.
     */
    public void stamp(int first, boolean acknowledgeLast) {
        int at = 0;
        for (int i = 0; i < messages; i++) {
            buffer.putInt(at + Netlink.SEQUENCE_AT, first + i);
            if (acknowledgeLast && i == messages - 1) {
                int flags = buffer.getShort(at + Netlink.FLAGS_AT);
                buffer.putShort(at + Netlink.FLAGS_AT, (short) (flags | Netlink.NLM_F_ACK));
            }
            at += Netlink.align(buffer.getInt(at + Netlink.LENGTH_AT));
        }
    }

    private static int attributeLength(int value) {
        int length = value + Netlink.ATTRIBUTE_HEADER;
        if (length > 0xffff) {
            throw new IllegalArgumentException("attribute of " + value + " bytes, at most 65531 fit");
        }
        return length;
    }

    private MessageWriter pad() {
        while ((buffer.position() & 3) != 0) {
            buffer.put((byte) 0);
        }
        return this;
    }
}
