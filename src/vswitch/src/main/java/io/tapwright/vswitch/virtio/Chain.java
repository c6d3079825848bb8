package io.tapwright.vswitch.virtio;

import io.tapwright.vswitch.frame.Pieces;
import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.Memory;

/**
 * The buffers that one head of a ring leads to, checked: every piece is in the guest's memory. For the heads that aren't
 * a single descriptor.
 */
final class Chain {

    /** More pieces than this is a fault: no driver's chain is longer than its ring, and Linux's rings have at most this. */
    static final int MOST_PIECES = 1024;

    /** Answered for what is no chain. */
    static final int FAULT = -1;

    private Chain() {
    }

    /**
     * Follows a head.
     *
     * @param head     below the ring's size
     * @param writable whether the buffers are there to be written to, {@link Descriptor#WRITE}
     * @param pieces   to which they are added; there is room for {@link #MOST_PIECES} more. After a fault, some may have been
     * @return the bytes of all of them together, or {@link #FAULT}
     */
    static int read(SplitRing ring, int head, boolean writable, Pieces pieces) {
        int most = pieces.count + MOST_PIECES;
        int total = 0;
        long table = ring.descriptor(0);
        int size = ring.size();
        boolean indirect = false;
        int number = head;
        for (int steps = 0; ; steps++) {
            // A loop, or a chain longer than its table, comes to its end here: also one of empty buffers, which are no pieces.
            if (steps >= size || steps >= MOST_PIECES) {
                return FAULT;
            }
            // In bounds: number is below the size of the table, which is mapped. Each half is read once.
            long buffer = Memory.getLong(table + (long) number * Descriptor.SIZE);
            long rest = Memory.getLong(table + (long) number * Descriptor.SIZE + Descriptor.REST);
            int flags = Descriptor.flags(rest);
            int bytes = Descriptor.length(rest);
            if (bytes < 0) {
                // 2 GiB or more.
                return FAULT;
            }
            if ((flags & Descriptor.INDIRECT) != 0) {
                // VIRTIO 1.2, 2.7.5.3.1: no table in a table, none with NEXT.
                if (indirect || (flags & Descriptor.NEXT) != 0 || bytes == 0 || bytes % Descriptor.SIZE != 0) {
                    return FAULT;
                }
                table = ring.translate(buffer, bytes);
                if (table == GuestMemory.NOWHERE) {
                    return FAULT;
                }
                size = Math.min(bytes / Descriptor.SIZE, SplitRing.MOST_SIZE);
                indirect = true;
                number = 0;
                steps = -1;
                continue;
            }
            if ((flags & Descriptor.WRITE) != 0 != writable) {
                return FAULT;
            }
            if (total > Integer.MAX_VALUE - bytes || !add(ring, buffer, bytes, pieces, most)) {
                return FAULT;
            }
            total += bytes;
            if ((flags & Descriptor.NEXT) == 0) {
                return total;
            }
            number = Descriptor.next(rest);
            if (number >= size) {
                return FAULT;
            }
        }
    }

    /** Adds a buffer, in as many pieces as there are regions that it lies in; false where it lies outside of them. */
    private static boolean add(SplitRing ring, long buffer, int bytes, Pieces pieces, int most) {
        long from = buffer;
        int left = bytes;
        while (left > 0) {
            GuestMemory.Range range = ring.rangeOf(from);
            if (range == GuestMemory.Range.NONE || pieces.count == most) {
                return false;
            }
            int some = (int) Math.min(left, range.left(from));
            pieces.add(range.translate(from, some), some);
            from += some;
            left -= some;
        }
        return true;
    }
}
