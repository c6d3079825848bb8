package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.capture.Mirror;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.virtio.ReceiveQueue;
import io.tapwright.vswitch.virtio.SplitRing;

/** One receive queue of a guest. Everything with its ring locked. */
final class ToGuest {

    private final VhostPort port;
    private final ReceiveQueue queue = new ReceiveQueue(new SplitRing());
    private final EventFd events = new EventFd();
    private final int[] ofFlow = new int[FrameBatch.CAPACITY];
    private boolean enabled;
    private Fd call;
    private long frames;
    private long full;
    private long notReady;
    /** Whoever captures the port; null where nobody does. */
    private Mirror mirror;

    ToGuest(VhostPort port) {
        this.port = port;
    }

    ReceiveQueue queue() {
        return queue;
    }

    /** The loop. */
    void set(boolean enabled, Fd call) {
        this.enabled = enabled;
        this.call = call;
    }

    void mirror(Mirror mirror) {
        queue.ring().lock();
        this.mirror = mirror;
        queue.ring().unlock();
    }

    boolean isReady() {
        return enabled && queue.ring().isUsable();
    }

    long frames() {
        return frames;
    }

    long full() {
        return full;
    }

    long notReady() {
        return notReady;
    }

    /** Sends those of the picked frames whose flow is this, at least one. Any worker. */
    void sendFlow(FrameBatch batch, int[] picks, int count, int flow) {
        SplitRing ring = queue.ring();
        ring.lock();
        try {
            int mine = 0;
            for (int i = 0; i < count; i++) {
                if (batch.frames[picks[i]].flow == flow) {
                    ofFlow[mine++] = picks[i];
                }
            }
            sendLocked(batch, ofFlow, mine);
        } finally {
            ring.unlock();
        }
    }

    /** Any worker. */
    void send(FrameBatch batch, int[] picks, int count) {
        SplitRing ring = queue.ring();
        ring.lock();
        try {
            sendLocked(batch, picks, count);
        } finally {
            ring.unlock();
        }
    }

    private void sendLocked(FrameBatch batch, int[] picks, int count) {
        if (!isReady()) {
            notReady += count;
            return;
        }
        SplitRing ring = queue.ring();
        int next = 0;
        while (next < count) {
            int sent = queue.send(batch, picks, next, count);
            frames += sent - next;
            if (mirror != null) {
                mirror.received(batch, picks, next, sent);
            }
            // One that is too long for its buffer goes missing alone; where there are no buffers all the rest does.
            next = sent < count && queue.isTooLong() ? sent + 1 : count;
            full += next - sent;
        }
        if (ring.isUsable() && ring.publish() && call != null) {
            port.call(events, call);
        }
    }
}
