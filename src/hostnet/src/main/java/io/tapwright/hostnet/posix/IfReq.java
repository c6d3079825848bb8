package io.tapwright.hostnet.posix;

import java.nio.charset.StandardCharsets;

/** {@code struct ifreq} of linux/if.h with the members of its union that hostnet uses. */
public final class IfReq {

    static final int SIZE = 40;
    static final int NAME = 0;
    static final int NAME_SIZE = 16;
    /** The union: {@code short ifr_flags}, {@code int ifr_ifindex}. */
    static final int UNION = 16;

    private final NativeBuffer buffer = new NativeBuffer(SIZE);

    /** @param name at most 15 bytes of UTF-8, so that a zero byte follows */
    public IfReq(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= NAME_SIZE) {
            throw new IllegalArgumentException("interface name '" + name + "' has " + bytes.length + " bytes, at most 15 fit");
        }
        buffer.bytes().put(NAME, bytes);
    }

    public IfReq flags(int flags) {
        buffer.bytes().putShort(UNION, (short) flags);
        return this;
    }

    public int index() {
        return buffer.bytes().getInt(UNION);
    }

    NativeBuffer buffer() {
        return buffer;
    }
}
