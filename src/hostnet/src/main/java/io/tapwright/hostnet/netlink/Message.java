package io.tapwright.hostnet.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * One message within a received datagram. It refers to the datagram's bytes and is valid until they are overwritten.
 *
 * @param type     nlmsg_type
 * @param flags    nlmsg_flags
 * @param sequence nlmsg_seq
 * @param bytes    the datagram
 * @param start    offset of the payload behind the header
 * @param end      offset behind the payload
 */
public record Message(int type, int flags, int sequence, ByteBuffer bytes, int start, int end) {

    public Message {
        if (start < 0 || end < start || end > bytes.capacity()) {
            throw new MalformedMessageException("message from " + start + " to " + end + " in " + bytes.capacity() + " bytes");
        }
    }

    /**
     * Hands every message of a datagram to {@code each}, in order.
     *
     * @param datagram in native byte order, read from 0 to {@code length}
     */
    public static void forEach(ByteBuffer datagram, int length, Consumer<Message> each) {
        if (length > datagram.capacity()) {
            throw new MalformedMessageException("datagram of " + length + " bytes was cut to " + datagram.capacity());
        }
        ByteBuffer bytes = datagram.order(ByteOrder.nativeOrder());
        int at = 0;
        while (length - at >= Netlink.HEADER) {
            int size = bytes.getInt(at + Netlink.LENGTH_AT);
            if (size < Netlink.HEADER || size > length - at) {
                throw new MalformedMessageException(
                        "message at " + at + " claims " + size + " bytes, " + (length - at) + " are left");
            }
            each.accept(new Message(bytes.getShort(at + Netlink.TYPE_AT) & 0xffff, bytes.getShort(at + Netlink.FLAGS_AT) & 0xffff,
                    bytes.getInt(at + Netlink.SEQUENCE_AT), bytes, at + Netlink.HEADER, at + size));
            // No overflow: size is at most length - at, and a datagram is far below 2^31 bytes.
            at += Netlink.align(size);
        }
        if (at < length) {
            throw new MalformedMessageException((length - at) + " stray bytes behind the last message");
        }
    }

    /** The same message with bytes of its own, valid for ever. */
    public Message copy() {
        byte[] payload = new byte[end - start];
        bytes.get(start, payload);
        return new Message(type, flags, sequence, ByteBuffer.wrap(payload).order(bytes.order()), 0, payload.length);
    }

    public boolean is(int flag) {
        return (flags & flag) != 0;
    }

    public int u8(int offset) {
        return bytes.get(at(offset, 1)) & 0xff;
    }

    public int u16(int offset) {
        return bytes.getShort(at(offset, Short.BYTES)) & 0xffff;
    }

    public int s32(int offset) {
        return bytes.getInt(at(offset, Integer.BYTES));
    }

    /** The attributes behind a family header of {@code headerLength} bytes. */
    public AttributeReader attributes(int headerLength) {
        return new AttributeReader(bytes, at(Netlink.align(headerLength), 0), end);
    }

    private int at(int offset, int length) {
        if (offset + length > end - start) {
            throw new MalformedMessageException("message of type " + type + " has " + (end - start)
                    + " bytes, expected " + (offset + length) + " at least");
        }
        return start + offset;
    }
}
