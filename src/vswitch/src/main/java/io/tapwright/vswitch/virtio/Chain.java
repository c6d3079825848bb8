package io.tapwright.vswitch.virtio;

import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.Memory;

/**
 * The buffers that one head of a ring leads to, checked: every part is in the guest's memory. For the heads that aren't
 * a single descriptor. One thread's; filled anew for each head.
 */
final class Chain {

    /** More parts than this is a fault: no driver's chain is longer than its ring, and Linux's rings have at most this. */
    static final int MOST_PARTS = 1024;

    final long[] address = new long[MOST_PARTS];
    final int[] length = new int[MOST_PARTS];
    int parts;
    /** Of all parts, in bytes. */
    int total;

    /**
     * Follows a head.
     *
     * @param head     below the ring's size
     * @param writable whether the buffers are there to be written to, {@link Descriptor#WRITE}
     * @return null, or what is wrong with it
     */
    String read(SplitRing ring, int head, boolean writable) {
        parts = 0;
        total = 0;
        GuestMemory memory = ring.memory();
        long table = ring.descriptor(0);
        int size = ring.size();
        boolean indirect = false;
        int number = head;
        for (int steps = 0; ; steps++) {
            // A loop, or a chain longer than its table, comes to its end here: also one of empty buffers, which are no parts.
            if (steps >= size || steps >= MOST_PARTS) {
                return "a chain longer than its table of " + size + ", or than " + MOST_PARTS;
            }
            // In bounds: number is below the size of the table, which is mapped. Each half is read once.
            long buffer = Memory.getLong(table + (long) number * Descriptor.SIZE);
            long rest = Memory.getLong(table + (long) number * Descriptor.SIZE + Descriptor.REST);
            int flags = Descriptor.flags(rest);
            int bytes = Descriptor.length(rest);
            if (bytes < 0) {
                return "a descriptor of 2 GiB or more";
            }
            if ((flags & Descriptor.INDIRECT) != 0) {
                // VIRTIO 1.2, 2.7.5.3.1: no table in a table, none with NEXT.
                if (indirect || (flags & Descriptor.NEXT) != 0 || bytes == 0 || bytes % Descriptor.SIZE != 0) {
                    return "an indirect descriptor in the wrong place or of the wrong length";
                }
                table = memory.translate(buffer, bytes);
                if (table == GuestMemory.NOWHERE) {
                    return "an indirect table outside of the guest's memory";
                }
                size = Math.min(bytes / Descriptor.SIZE, SplitRing.MOST_SIZE);
                indirect = true;
                number = 0;
                steps = -1;
                continue;
            }
            if ((flags & Descriptor.WRITE) != 0 != writable) {
                return writable ? "a buffer that may not be written to" : "a buffer that may not be read";
            }
            String fault = add(memory, buffer, bytes);
            if (fault != null) {
                return fault;
            }
            if ((flags & Descriptor.NEXT) == 0) {
                return null;
            }
            number = Descriptor.next(rest);
            if (number >= size) {
                return "a descriptor's successor is beyond its table";
            }
        }
    }

    /** Adds a buffer, in as many parts as there are regions that it lies in. */
    private String add(GuestMemory memory, long buffer, int bytes) {
        long from = buffer;
        int left = bytes;
        while (left > 0) {
            int part = (int) Math.min(left, memory.contiguous(from));
            if (part == 0) {
                return "a buffer outside of the guest's memory";
            }
            if (parts == MOST_PARTS || total > Integer.MAX_VALUE - part) {
                return "a chain of too many buffers";
            }
            address[parts] = memory.translate(from, part);
            length[parts] = part;
            parts++;
            total += part;
            from += part;
            left -= part;
        }
        return null;
    }
}
