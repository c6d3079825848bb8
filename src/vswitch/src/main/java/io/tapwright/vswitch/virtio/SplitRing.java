package io.tapwright.vswitch.virtio;

import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.Memory;
import io.tapwright.vswitch.memory.SpinLock;
import java.lang.invoke.VarHandle;

/**
 * One split virtqueue: the device's place in its rings, and whether the driver wants to hear of it.
 *
 * <p>Whoever touches it holds its lock, which it is: the worker that polls it or sends to it, for a batch, or the
 * loop, to change what it stands on. While it is {@link #isUsable() usable}, the three parts of the ring and
 * every address that its {@link #memory() memory} translates are mapped.
 */
public final class SplitRing extends SpinLock {

    /** The largest queue that VIRTIO allows. */
    public static final int MOST_SIZE = 32768;

    private static final int NO_NOTIFY = 1;
    private static final int NO_INTERRUPT = 1;

    private boolean usable;
    private GuestMemory memory = GuestMemory.NONE;
    /** The region in which a buffer was found last, where the next one is as a rule. */
    private GuestMemory.Range range = GuestMemory.Range.NONE;
    private int size;
    private int mask;
    private boolean eventIndex;
    private long descriptors;
    private long available;
    private long used;
    /** Head that is taken next, of 16 bits that run through; so are the other indexes. */
    private int next;
    /** What the driver had published when it was last looked at. */
    private int seen;
    /** Heads that were returned, published or not. */
    private int returned;
    /** What of it was published last. */
    private int published;
    /** Why the ring can't be used any more, whatever the driver does. */
    private String broken;
    private DirtyLog log = DirtyLog.OFF;

    // -- what it stands on: the loop, with the lock ---------------------------------------------

    /**
     * Begins at an index.
     *
     * @param size        a power of two
     * @param descriptors address of the table in this process, of 16 * size bytes; likewise the others
     * @param available   even; of 6 + 2 * size bytes
     * @param used        a multiple of four; of 6 + 8 * size bytes
     * @param index       the first head that is taken
     */
    public void start(GuestMemory memory, int size, long descriptors, long available, long used, int index,
            boolean eventIndex) {
        if (Integer.bitCount(size) != 1 || size > MOST_SIZE || (available & 1) != 0 || (used & 3) != 0) {
            throw new IllegalArgumentException("a ring of " + size + " heads, available at " + Long.toHexString(available)
                    + ", used at " + Long.toHexString(used));
        }
        this.memory = memory;
        range = GuestMemory.Range.NONE;
        this.size = size;
        this.mask = size - 1;
        this.descriptors = descriptors;
        this.available = available;
        this.used = used;
        this.eventIndex = eventIndex;
        next = index & 0xffff;
        seen = next;
        // What an earlier device of this ring published stands; heads it had taken but not returned are lost with it.
        returned = Memory.getShort(used + 2);
        published = returned;
        broken = null;
        usable = true;
    }

    /** The memory moved: the same ring at other addresses. */
    public void move(GuestMemory memory, long descriptors, long available, long used) {
        this.memory = memory;
        range = GuestMemory.Range.NONE;
        this.descriptors = descriptors;
        this.available = available;
        this.used = used;
    }

    /** Touches nothing of the ring any more; {@link #index} says how far it came. */
    public void stop() {
        usable = false;
        broken = null;
        memory = GuestMemory.NONE;
        range = GuestMemory.Range.NONE;
    }

    public int index() {
        return next;
    }

    public boolean isUsable() {
        return usable;
    }

    public void log(DirtyLog log) {
        this.log = log;
    }

    GuestMemory memory() {
        return memory;
    }

    /** Where a range of the guest's memory lies here, or {@link GuestMemory#NOWHERE}; see {@link GuestMemory#translate}. */
    long translate(long guestAddress, int length) {
        long address = range.translate(guestAddress, length);
        if (address != GuestMemory.NOWHERE) {
            return address;
        }
        range = memory.rangeOf(guestAddress, length);
        return range.translate(guestAddress, length);
    }

    /** The range that holds an address of the guest's memory, or {@link GuestMemory.Range#NONE}. */
    GuestMemory.Range rangeOf(long guestAddress) {
        if (range.translate(guestAddress, 1) == GuestMemory.NOWHERE) {
            range = memory.rangeOf(guestAddress, 1);
        }
        return range;
    }

    DirtyLog log() {
        return log;
    }

    /** Why it was given up, until it is stopped or started anew; null while it works. */
    public String broken() {
        return broken;
    }

    /** Gives it up. */
    public void breakDown(String why) {
        broken = why;
        usable = false;
    }

    // -- heads that the driver made available: with the lock ------------------------------------

    /** How many heads can be taken, at most {@code wanted}; looks at the ring only if it has to. */
    public int waiting(int wanted) {
        int known = seen - next & 0xffff;
        if (known >= wanted) {
            return wanted;
        }
        // In bounds: the available ring begins with two le16. Read with acquire: the heads were written before it.
        seen = Memory.getShortAcquire(available + 2);
        known = seen - next & 0xffff;
        if (known > size) {
            breakDown("the driver's index jumped to " + seen + ", more than " + size + " ahead of " + next);
            return 0;
        }
        return Math.min(known, wanted);
    }

    /** True if a head waits that was not seen; {@link #waiting} will tell. */
    boolean hasNews() {
        return Memory.getShortAcquire(available + 2) != next;
    }

    /** The head that comes after {@code ahead} others, of which the driver has made at least as many available. */
    int head(int ahead) {
        // In bounds: the mask holds it to the ring's entries.
        return Memory.getShort(available + 4 + 2L * (next + ahead & mask));
    }

    void take(int count) {
        next = next + count & 0xffff;
    }

    int size() {
        return size;
    }

    /** Of the descriptor with this number; {@code number} below {@link #size()}. */
    long descriptor(int number) {
        return descriptors + (long) number * Descriptor.SIZE;
    }

    // -- heads that go back: with the lock ------------------------------------------------------

    /** Returns a head, to be published. */
    void giveBack(int head, int written) {
        // In bounds: the mask holds it to the ring's entries.
        Memory.putLong(used + 4 + 8L * (returned & mask), head & 0xffffL | (long) written << 32);
        if (log.isOn()) {
            log.written(used + 4 + 8L * (returned & mask), 8, memory);
        }
        returned = returned + 1 & 0xffff;
    }

    /**
     * Publishes what was returned.
     *
     * @return whether the driver wants to be called
     */
    public boolean publish() {
        int before = published;
        if (returned == before) {
            return false;
        }
        Memory.putShortRelease(used + 2, returned);
        published = returned;
        if (log.isOn()) {
            log.written(used + 2, 2, memory);
        }
        // The driver reads our index after it has written what it wants; we read that after we have written our index.
        VarHandle.fullFence();
        if (eventIndex) {
            // In bounds: used_event comes after the last of the available heads.
            int event = Memory.getShort(available + 4 + 2L * size);
            return (returned - event - 1 & 0xffff) < (returned - before & 0xffff);
        }
        return (Memory.getShort(available) & NO_INTERRUPT) == 0;
    }

    // -- whether we want to be called: with the lock --------------------------------------------

    /**
     * Asks for a call when a head comes.
     *
     * @return false if there is one already, for which no call may come
     */
    public boolean askForCalls() {
        if (eventIndex) {
            // In bounds: avail_event comes after the last of the used heads.
            put(used + 4 + 8L * size, next);
        } else {
            put(used, 0);
        }
        VarHandle.fullFence();
        return !hasNews();
    }

    /** Does without calls. With event index there is nothing to do: no call comes before the index asked for last. */
    public void doWithoutCalls() {
        if (!eventIndex) {
            put(used, NO_NOTIFY);
        }
    }

    /** Writes a word of the used ring. */
    private void put(long where, int word) {
        Memory.putShort(where, word);
        if (log.isOn()) {
            log.written(where, Short.BYTES, memory);
        }
    }
}
