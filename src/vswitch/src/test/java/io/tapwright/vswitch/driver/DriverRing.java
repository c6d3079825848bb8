package io.tapwright.vswitch.driver;

import io.tapwright.vswitch.memory.Memory;
import java.lang.invoke.VarHandle;

/**
 * The driver's side of a split virtqueue (VIRTIO 1.2, section 2.7), able to say whatever is wrong. One thread.
 */
public final class DriverRing {

    public static final int NEXT = 1;
    public static final int WRITE = 2;
    public static final int INDIRECT = 4;

    /** What a ring of 1024 takes with all its parts: they lie 0x8000 apart. */
    public static final long ROOM = 0x18000;

    private final GuestRam ram;
    private final int size;
    private final boolean eventIndex;
    public final long descriptors;
    public final long available;
    public final long used;
    private int next;
    private int kicked;
    private int taken;

    /** What the device gave back. */
    public record Used(int head, int length) {
    }

    /** @param offset in the guest's memory of the ring, which takes {@link #ROOM} bytes */
    public DriverRing(GuestRam ram, long offset, int size, boolean eventIndex) {
        this.ram = ram;
        this.size = size;
        this.eventIndex = eventIndex;
        descriptors = offset;
        available = offset + 0x8000;
        used = offset + 0x10000;
    }

    public int size() {
        return size;
    }

    public void descriptor(int number, long guestAddress, int length, int flags, int successor) {
        write(descriptors + 16L * number, guestAddress, length, flags, successor);
    }

    /** A descriptor anywhere in memory, for indirect tables. */
    public void write(long offset, long guestAddress, int length, int flags, int successor) {
        long at = ram.at(offset, 16);
        Memory.putLong(at, guestAddress);
        Memory.putInt(at + 8, length);
        Memory.putShort(at + 12, flags);
        Memory.putShort(at + 14, successor);
    }

    /** Makes heads available, all at once. */
    public void publish(int... heads) {
        for (int head : heads) {
            Memory.putShort(ram.at(available + 4 + 2L * (next & size - 1), 2), head);
            next = next + 1 & 0xffff;
        }
        index(next);
    }

    /** Says any index. */
    public void index(int index) {
        Memory.putShortRelease(ram.at(available + 2, 2), index & 0xffff);
    }

    /** Begins at an index, on both sides, as after a restart. */
    public void startAt(int index) {
        next = index;
        taken = index;
        kicked = index;
        index(index);
        Memory.putShort(ram.at(used + 2, 2), index);
        askForCalls();
    }

    /** What was given back next, or null. */
    public Used take() {
        if (usedIndex() == taken) {
            return null;
        }
        long at = ram.at(used + 4 + 8L * (taken & size - 1), 8);
        taken = taken + 1 & 0xffff;
        return new Used(Memory.getInt(at), Memory.getInt(at + 4));
    }

    public int usedIndex() {
        return Memory.getShortAcquire(ram.at(used + 2, 2));
    }

    public int availableIndex() {
        return next;
    }

    /** How many were published and not given back, as far as they were taken here. */
    public int outstanding() {
        return next - taken & 0xffff;
    }

    /** Whether the device has to be called for what was published since the last time this was asked. */
    public boolean wantsKick() {
        VarHandle.fullFence();
        int before = kicked;
        kicked = next;
        if (eventIndex) {
            int event = Memory.getShort(ram.at(used + 4 + 8L * size, 2));
            return (next - event - 1 & 0xffff) < (next - before & 0xffff);
        }
        return (Memory.getShort(ram.at(used, 2)) & 1) == 0;
    }

    /** Asks to be called when the device gives back one more than there is now; false if it has done so already. */
    public boolean askForCalls() {
        if (eventIndex) {
            Memory.putShort(ram.at(available + 4 + 2L * size, 2), taken);
        } else {
            Memory.putShort(ram.at(available, 2), 0);
        }
        VarHandle.fullFence();
        return usedIndex() == taken;
    }

    public void doWithoutCalls() {
        if (eventIndex) {
            Memory.putShort(ram.at(available + 4 + 2L * size, 2), taken - 1 & 0xffff);
        } else {
            Memory.putShort(ram.at(available, 2), 1);
        }
    }
}
