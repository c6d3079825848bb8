package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.capture.Mirror;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.forward.SenderDrops;
import io.tapwright.vswitch.forward.Source;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.virtio.SplitRing;
import io.tapwright.vswitch.virtio.TransmitQueue;

/** Frames from one transmit queue of a guest. Its worker's, but for what is changed with its ring locked. */
final class FromGuest implements Source {

    private final VhostPort port;
    private final TransmitQueue queue = new TransmitQueue(new SplitRing());
    private final EventFd events = new EventFd();
    private final SenderDrops drops = new SenderDrops();
    private boolean held;
    private long frames;
    private long bytes;

    /** By the loop with the ring locked. */
    private boolean enabled;
    private Fd call;
    /** Whoever captures the port, with the ring locked; null where nobody does. */
    private Mirror mirror;

    FromGuest(VhostPort port) {
        this.port = port;
    }

    TransmitQueue queue() {
        return queue;
    }

    long frames() {
        return frames;
    }

    long bytes() {
        return bytes;
    }

    // -- with the ring locked: the loop ---------------------------------------------------------

    /** A queue that is started but not enabled is emptied, and what was in it goes nowhere. */
    void set(boolean enabled, Fd call) {
        this.enabled = enabled;
        this.call = call;
    }

    void mirror(Mirror mirror) {
        queue.ring().lock();
        this.mirror = mirror;
        queue.ring().unlock();
    }

    // -- the worker -----------------------------------------------------------------------------

    @Override
    public boolean receive(FrameBatch batch) {
        SplitRing ring = queue.ring();
        if (!ring.isUsable() || !ring.tryLock()) {
            return false;
        }
        held = true;
        if (ring.isUsable()) {
            // Asked here, so that the JIT knows of the queue's work what it is with frames, and not what it mostly is: nothing.
            if (ring.waiting(1) > 0) {
                queue.receive(batch);
            }
            if (batch.count > 0 && enabled) {
                long sum = 0;
                for (int i = 0; i < batch.count; i++) {
                    sum += batch.frames[i].length;
                }
                frames += batch.count;
                bytes += sum;
                if (mirror != null) {
                    mirror.sent(batch);
                }
                return true;
            }
            giveBack(batch);
            batch.clear();
            return false;
        }
        unlock();
        return false;
    }

    @Override
    public void giveBack(FrameBatch batch) {
        if (queue.giveBack(batch) && call != null) {
            port.call(events, call);
        }
        unlock();
    }

    @Override
    public void abandon(String why) {
        SplitRing ring = queue.ring();
        if (!held) {
            ring.lock();
        }
        ring.breakDown(why);
        unlock();
    }

    private void unlock() {
        held = false;
        queue.ring().unlock();
    }

    @Override
    public int port() {
        return port.number();
    }

    @Override
    public Segment segment() {
        return port.segment();
    }

    @Override
    public int offloads() {
        return port.mayAsk();
    }

    @Override
    public SenderDrops drops() {
        return drops;
    }

    @Override
    public boolean askForCalls() {
        SplitRing ring = queue.ring();
        ring.lock();
        try {
            return !ring.isUsable() || ring.askForCalls();
        } finally {
            ring.unlock();
        }
    }

    @Override
    public void doWithoutCalls() {
        SplitRing ring = queue.ring();
        ring.lock();
        try {
            if (ring.isUsable()) {
                ring.doWithoutCalls();
            }
        } finally {
            ring.unlock();
        }
    }

    /** Its kick is the front-end's too, and never read: Linux's own vhost does not read it either. */
    @Override
    public boolean isCalledByWrites() {
        return true;
    }

    @Override
    public void called() {
        // The worker is awake, which is all that it takes.
    }
}
