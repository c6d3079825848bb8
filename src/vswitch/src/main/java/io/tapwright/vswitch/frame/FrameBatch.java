package io.tapwright.vswitch.frame;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Up to {@link #CAPACITY} frames of one port, in the order they came. Belongs to one worker. */
public final class FrameBatch {

    public static final int CAPACITY = 64;
    /** Parts of all frames together: a frame of 64 KB comes in 17 to 19 pages, and a chain has at most 1024. */
    public static final int MOST_PARTS = 4096;
    /** Room for the headers of a frame, virtio's and Ethernet's, where they come in pieces; in bytes. */
    public static final int HEADERS = 32;

    public final Frame[] frames = new Frame[CAPACITY];
    /** What those frames lie in that have several parts. */
    public final Pieces pieces = new Pieces(MOST_PARTS);
    /** How many of {@link #frames} are there. */
    public int count;
    private final MemorySegment headers = Arena.ofAuto().allocate((long) HEADERS * CAPACITY, HEADERS);

    public FrameBatch() {
        for (int i = 0; i < CAPACITY; i++) {
            frames[i] = new Frame();
        }
    }

    /** {@link #HEADERS} bytes of the batch's own for a frame, until it is cleared; {@code number} is below {@link #CAPACITY}. */
    public long headers(int number) {
        return headers.address() + (long) HEADERS * number;
    }

    public void clear() {
        count = 0;
        pieces.count = 0;
    }
}
