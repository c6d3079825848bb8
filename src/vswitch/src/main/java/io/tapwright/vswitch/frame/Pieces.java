package io.tapwright.vswitch.frame;

import io.tapwright.vswitch.memory.Memory;

/**
 * Pieces of memory, one after the other: what frames or buffers lie in that are not in one. Fields are bare, as a
 * {@link Frame}'s are. One thread's.
 */
public final class Pieces {

    public final long[] address;
    /** In bytes, positive. */
    public final int[] length;
    /** How many there are. */
    public int count;

    public Pieces(int capacity) {
        address = new long[capacity];
        length = new int[capacity];
    }

    public void add(long address, int length) {
        this.address[count] = address;
        this.length[count++] = length;
    }

    /**
     * Leaves bytes out, of which there are at least as many from a piece on.
     *
     * @return the piece in which the next byte lies, which begins with it now; {@link #count} where none is left
     */
    public int skip(int first, int bytes) {
        int piece = first;
        int left = bytes;
        while (left > 0 && length[piece] <= left) {
            left -= length[piece++];
        }
        if (left > 0) {
            address[piece] += left;
            length[piece] -= left;
        }
        return piece;
    }

    /** Copies bytes, of which there are at least as many from a piece on, to a place that has room for them. */
    public void gather(int first, int bytes, long to) {
        int done = 0;
        for (int piece = first; done < bytes; piece++) {
            int some = Math.min(length[piece], bytes - done);
            Memory.copy(address[piece], to + done, some);
            done += some;
        }
    }
}
