package io.tapwright.hostnet.netlink;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Walks over attributes: {@link #next()}, then {@link #type()} and one of the values. Every value checks that the
 * attribute is long enough for it; a longer one is allowed, as newer kernels append.
 */
public final class AttributeReader {

    private final ByteBuffer bytes;
    private final int limit;
    private int next;
    private int type;
    private int start;
    private int end;

    AttributeReader(ByteBuffer bytes, int from, int limit) {
        this.bytes = bytes;
        this.next = from;
        this.limit = limit;
    }

    /** Goes to the next attribute; false behind the last. */
    public boolean next() {
        int left = limit - next;
        if (left <= 0) {
            return false;
        }
        int length = left < Netlink.ATTRIBUTE_HEADER ? 0 : bytes.getShort(next) & 0xffff;
        if (length < Netlink.ATTRIBUTE_HEADER || length > left) {
            throw new MalformedMessageException("attribute claims " + length + " bytes, " + left + " are left");
        }
        type = bytes.getShort(next + 2) & Netlink.NLA_TYPE_MASK;
        start = next + Netlink.ATTRIBUTE_HEADER;
        end = next + length;
        next += Netlink.align(length);
        return true;
    }

    public int type() {
        return type;
    }

    public int length() {
        return end - start;
    }

    public int u8() {
        return bytes.get(require(1)) & 0xff;
    }

    public boolean flag() {
        return u8() != 0;
    }

    public int u16() {
        return bytes.getShort(require(Short.BYTES)) & 0xffff;
    }

    public int s32() {
        return bytes.getInt(require(Integer.BYTES));
    }

    public long u32() {
        return Integer.toUnsignedLong(s32());
    }

    /** An element of an array of s32; 0 behind its end, as older kernels have fewer. */
    public int s32At(int index) {
        int offset = index * Integer.BYTES;
        return offset + Integer.BYTES <= length() ? bytes.getInt(start + offset) : 0;
    }

    /** An element of a struct of u64. */
    public long u64At(int index) {
        require((index + 1) * Long.BYTES);
        return bytes.getLong(start + index * Long.BYTES);
    }

    public byte[] octets() {
        byte[] value = new byte[length()];
        bytes.get(start, value);
        return value;
    }

    /** A view of the value. */
    public ByteBuffer slice() {
        return bytes.slice(start, length());
    }

    /** Up to the first zero byte; what is no UTF-8 becomes the replacement character. */
    public String string() {
        return StandardCharsets.UTF_8.decode(text()).toString();
    }

    /** Like {@link #string()}, but null for what is no UTF-8. */
    public String strictString() {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(text()).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    public InetAddress address() {
        try {
            return InetAddress.getByAddress(octets());
        } catch (UnknownHostException e) {
            throw new MalformedMessageException("IP address of " + length() + " bytes");
        }
    }

    /** The attributes within this one. */
    public AttributeReader nested() {
        return new AttributeReader(bytes, start, end);
    }

    private ByteBuffer text() {
        int zero = start;
        while (zero < end && bytes.get(zero) != 0) {
            zero++;
        }
        return bytes.slice(start, zero - start);
    }

    private int require(int least) {
        if (length() < least) {
            throw new MalformedMessageException(
                    "attribute of type " + type + " has " + length() + " bytes, expected " + least + " at least");
        }
        return start;
    }
}
