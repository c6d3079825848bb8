package io.tapwright.vswitch.frame;

import io.tapwright.vswitch.memory.Memory;

/**
 * The internet checksum (RFC 1071): the ones' complement of the ones' complement sum of 16-bit words. Summed up in the
 * machine's order, little-endian, which comes to the same as the network's as long as the sum is stored likewise.
 */
public final class Checksum {

    private static final long LOW = 0xffff_ffffL;

    private Checksum() {
    }

    /**
     * Adds words up; at most some 64 KB, so that nothing is carried out of the result.
     *
     * @param before what was summed up so far, of an even number of bytes
     * @return to be {@link #fold}ed
     */
    public static long sum(long address, int length, long before) {
        long even = before;
        long odd = 0;
        int whole = length & -Long.BYTES;
        // In bounds: the caller's range. Four bytes of each eight go to each sum, of which there are at most 2^14 or so.
        for (int i = 0; i < whole; i += Long.BYTES) {
            long word = Memory.getLong(address + i);
            even += word & LOW;
            odd += word >>> 32;
        }
        int rest = length - whole;
        int at = whole;
        if (rest >= Integer.BYTES) {
            even += Memory.getInt(address + at) & LOW;
            at += Integer.BYTES;
        }
        if ((rest & Short.BYTES) != 0) {
            even += Memory.getShort(address + at);
            at += Short.BYTES;
        }
        if ((rest & 1) != 0) {
            even += Memory.getByte(address + at);
        }
        return even + odd;
    }

    /** Carries what is above 16 bits back in. */
    public static int fold(long sum) {
        long folded = (sum & LOW) + (sum >>> 32);
        folded = (folded & 0xffff) + (folded >>> 16 & 0xffff) + (folded >>> 32);
        folded = (folded & 0xffff) + (folded >>> 16);
        return (int) ((folded & 0xffff) + (folded >>> 16));
    }

    /**
     * Fills in a checksum that was left partial: the field holds the sum of what is not in the frame, the pseudo header.
     *
     * @param start  csum_start: the first byte that it is over, to the frame's end
     * @param offset csum_offset: where it stands after that; start + offset + 2 is at most {@code length}
     */
    public static void complete(long frame, int length, int start, int offset) {
        // In bounds: both lie in the frame, says the caller.
        int sum = ~fold(sum(frame + start, length - start, 0)) & 0xffff;
        // A UDP checksum of 0 would say that there is none (RFC 768); for the others both zeros are the same.
        Memory.putShort(frame + start + offset, sum == 0 ? 0xffff : sum);
    }
}
