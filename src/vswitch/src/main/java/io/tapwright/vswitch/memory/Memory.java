package io.tapwright.vswitch.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The process's memory by address, without a check: whoever calls says why the address is in bounds. Little-endian, as
 * VIRTIO 1 has it ("le16" and such), at any alignment unless said otherwise.
 *
 * <p>Another process may write to the same memory at any time: what is read twice may differ.
 */
public final class Memory {

    /** All of it. A static final segment of unlimited size: what is left of its bounds check is nothing. */
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle ALIGNED_SHORT =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle ALIGNED_INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    /** Above this a copy by the C library's way is faster than eight bytes at a time. */
    private static final int SHORT_COPY = 256;

    private Memory() {
    }

    public static int getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address) & 0xff;
    }

    public static void putByte(long address, int value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, (byte) value);
    }

    public static int getShort(long address) {
        return ALL.get(SHORT, address) & 0xffff;
    }

    public static void putShort(long address, int value) {
        ALL.set(SHORT, address, (short) value);
    }

    public static int getInt(long address) {
        return ALL.get(INT, address);
    }

    public static void putInt(long address, int value) {
        ALL.set(INT, address, value);
    }

    public static long getLong(long address) {
        return ALL.get(LONG, address);
    }

    public static void putLong(long address, long value) {
        ALL.set(LONG, address, value);
    }

    /** What the other side published with this value can be read from now on. {@code address} is even. */
    public static int getShortAcquire(long address) {
        return (short) ALIGNED_SHORT.getAcquire(ALL, address) & 0xffff;
    }

    /** Publishes all that was written before. {@code address} is even. */
    public static void putShortRelease(long address, int value) {
        ALIGNED_SHORT.setRelease(ALL, address, (short) value);
    }

    /** Sets bits for good, whoever else sets some at the same time. {@code address} is a multiple of four. */
    public static void orInt(long address, int bits) {
        int unused = (int) ALIGNED_INT.getAndBitwiseOr(ALL, address, bits);
    }

    /** Copies; the ranges don't overlap. */
    public static void copy(long from, long to, int length) {
        if (length > SHORT_COPY) {
            MemorySegment.copy(ALL, from, ALL, to, length);
        } else if (length >= 32) {
            int last = length - 32;
            for (int i = 0; i < last; i += 32) {
                copy32(from + i, to + i);
            }
            // The last ones, of which some may have been copied already.
            copy32(from + last, to + last);
        } else {
            copyFew(from, to, length);
        }
    }

    private static void copy32(long from, long to) {
        long a = getLong(from);
        long b = getLong(from + 8);
        long c = getLong(from + 16);
        long d = getLong(from + 24);
        putLong(to, a);
        putLong(to + 8, b);
        putLong(to + 16, c);
        putLong(to + 24, d);
    }

    private static void copyFew(long from, long to, int length) {
        int last = length - Long.BYTES;
        if (last >= 0) {
            for (int i = 0; i < last; i += Long.BYTES) {
                putLong(to + i, getLong(from + i));
            }
            putLong(to + last, getLong(from + last));
        } else {
            for (int i = 0; i < length; i++) {
                putByte(to + i, getByte(from + i));
            }
        }
    }
}
