package io.tapwright.vswitch.frame;

/** Up to {@link #CAPACITY} frames of one port, in the order they came. Belongs to one worker. */
public final class FrameBatch {

    public static final int CAPACITY = 64;
    /** Parts of all frames together: a frame of 64 KB comes in 17 to 19 pages, and a chain has at most 1024. */
    public static final int MOST_PARTS = 4096;

    public final Frame[] frames = new Frame[CAPACITY];
    public final long[] partAddress = new long[MOST_PARTS];
    public final int[] partLength = new int[MOST_PARTS];
    /** How many of {@link #frames} are there. */
    public int count;
    /** How many parts are in use. */
    public int parts;

    public FrameBatch() {
        for (int i = 0; i < CAPACITY; i++) {
            frames[i] = new Frame();
        }
    }

    public void clear() {
        count = 0;
        parts = 0;
    }
}
