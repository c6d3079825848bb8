package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.virtio.SplitRing;

/** What a front-end has said of one ring, until there is enough to start it. The loop's. */
final class VringState {

    private static final int DESCRIPTOR = 16;

    private final SplitRing ring;
    private final boolean isFromGuest;

    int size;
    int base;
    /** As the front-end's own addresses; 0 until it has said them. */
    private long descriptors;
    private long available;
    private long used;
    boolean enabled;
    /** The front-end has given what starts the ring: a descriptor for calls, or that there is none. */
    boolean kicked;
    Fd kick;
    Fd call;
    private Fd error;

    VringState(SplitRing ring, boolean isFromGuest) {
        this.ring = ring;
        this.isFromGuest = isFromGuest;
    }

    SplitRing ring() {
        return ring;
    }

    void addresses(long descriptors, long used, long available) {
        this.descriptors = descriptors;
        this.used = used;
        this.available = available;
    }

    boolean isComplete() {
        return kicked && size != 0 && descriptors != 0 && available != 0 && used != 0;
    }

    /** Runs, or does so once its memory is there; not one that was given up, until it is kicked again. */
    boolean isToRun() {
        // One that runs may have an address of 0, which is a front-end's to use.
        return ring.isUsable() || isComplete() && ring.broken() == null;
    }

    /** With the ring locked: starts it, or lets it go on at the same place in other memory. */
    void stand(Footing footing) {
        GuestMemory memory = footing.memory();
        long table = memory.translateUser(descriptors, (long) DESCRIPTOR * size);
        // Two more bytes each for the event index, which are there without it too (VIRTIO 1.2, 2.7.2).
        long avail = memory.translateUser(available, 6 + 2L * size);
        long back = memory.translateUser(used, 6 + 8L * size);
        if (table == GuestMemory.NOWHERE || avail == GuestMemory.NOWHERE || back == GuestMemory.NOWHERE) {
            throw new ProtocolException("a ring outside of the shared memory");
        }
        if ((avail & 1) != 0 || (back & 3) != 0) {
            throw new ProtocolException("a ring that is not aligned");
        }
        ring.log(footing.log());
        if (ring.isUsable()) {
            ring.move(memory, table, avail, back);
        } else {
            ring.start(memory, size, table, avail, back, base, footing.eventIndex());
            if (!isFromGuest) {
                // Who sends to it looks for room himself; a call for every buffer that comes back would be for nothing.
                ring.doWithoutCalls();
            }
        }
    }

    /** With the ring locked: there is nothing to stand on for now; it goes on where it stood. */
    void suspend() {
        if (ring.isUsable()) {
            base = ring.index();
            ring.stop();
        }
    }

    /** With the ring locked. Where it stood is where it starts next, also where it was given up. */
    void stop() {
        if (ring.isUsable() || ring.broken() != null) {
            base = ring.index();
        }
        ring.stop();
        kicked = false;
    }

    /** It has this descriptor from now on, or none (null); the one before is closed. */
    void replaceKick(Fd next) {
        close(kick);
        kick = next;
    }

    /** See {@link #replaceKick}. */
    void replaceCall(Fd next) {
        close(call);
        call = next;
    }

    /** See {@link #replaceKick}. */
    void replaceError(Fd next) {
        close(error);
        error = next;
    }

    private static void close(Fd fd) {
        if (fd != null) {
            fd.close();
        }
    }
}
