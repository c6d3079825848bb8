package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.capture.Mirror;
import io.tapwright.vswitch.capture.Mirrors;
import io.tapwright.vswitch.forward.Offloads;
import io.tapwright.vswitch.forward.Port;
import io.tapwright.vswitch.forward.PortCounters;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.frame.Flow;
import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.VirtioNetHeader;
import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;

/** A guest's NIC as a port of the switch: pairs of queues, which a session sets up and takes down. */
public final class VhostPort implements Port {

    /** Of queues: one to the guest, one from it. */
    public static final int MOST_PAIRS = 8;

    private final Segment segment;
    private final FromGuest[] from = new FromGuest[MOST_PAIRS];
    private final ToGuest[] to = new ToGuest[MOST_PAIRS];
    private final int number;
    private final Runnable onDeaf;
    private final Mirrors mirrors = new Mirrors(this::install);
    private volatile int offloads;
    private volatile int mayAsk;
    /** So many of the first queues to the guest can be sent to. */
    private volatile int ready;
    private volatile boolean deaf;

    /** @param onDeaf is told when {@link #isDeaf} becomes true; on any thread, with a ring locked: returns at once */
    public VhostPort(Segment segment, Runnable onDeaf) {
        this.segment = segment;
        this.onDeaf = onDeaf;
        for (int i = 0; i < MOST_PAIRS; i++) {
            from[i] = new FromGuest(this);
            to[i] = new ToGuest(this);
        }
        number = segment.add(this);
    }

    Segment segment() {
        return segment;
    }

    public int number() {
        return number;
    }

    FromGuest from(int pair) {
        return from[pair];
    }

    ToGuest to(int pair) {
        return to[pair];
    }

    /** Who captures this port. */
    public Mirrors mirrors() {
        return mirrors;
    }

    /** One ring's lock at a time, which no worker holds for longer than a batch. */
    private void install(Mirror mirror) {
        for (int i = 0; i < MOST_PAIRS; i++) {
            from[i].mirror(mirror);
            to[i].mirror(mirror);
        }
    }

    /** The loop, before the queues start. */
    void agree(long features) {
        int length = Features.has(features, Features.VERSION_1 | Features.MERGEABLE_BUFFERS)
                ? VirtioNetHeader.LENGTH : VirtioNetHeader.LENGTH_WITHOUT_BUFFERS;
        for (int i = 0; i < MOST_PAIRS; i++) {
            from[i].queue().headerLength(length);
            to[i].queue().agree(length, Features.has(features, Features.MERGEABLE_BUFFERS));
        }
        offloads = (Features.has(features, Features.GUEST_CHECKSUM) ? Offloads.CHECKSUM : 0)
                | (Features.has(features, Features.GUEST_TSO4) ? Offloads.TCP4_SEGMENTS : 0)
                | (Features.has(features, Features.GUEST_TSO6) ? Offloads.TCP6_SEGMENTS : 0)
                | (Features.has(features, Features.GUEST_ECN) ? Offloads.ECN : 0);
        mayAsk = (Features.has(features, Features.CHECKSUM) ? Offloads.CHECKSUM : 0)
                | (Features.has(features, Features.HOST_TSO4) ? Offloads.TCP4_SEGMENTS : 0)
                | (Features.has(features, Features.HOST_TSO6) ? Offloads.TCP6_SEGMENTS : 0)
                | (Features.has(features, Features.HOST_ECN) ? Offloads.ECN : 0);
    }

    @Override
    public int offloads() {
        return offloads;
    }

    /** What the guest has agreed to leave to us. Any thread. */
    int mayAsk() {
        return mayAsk;
    }

    @Override
    public void send(FrameBatch batch, int[] picks, int count) {
        int queues = ready;
        if (queues <= 1) {
            to[0].send(batch, picks, count);
            return;
        }
        int flows = 0;
        for (int i = 0; i < count; i++) {
            Frame frame = batch.frames[picks[i]];
            frame.flow = Flow.of(batch, frame) % queues;
            flows |= 1 << frame.flow;
        }
        for (int queue = 0; queue < queues; queue++) {
            // One that gets nothing is not waited for.
            if ((flows & 1 << queue) != 0) {
                to[queue].sendFlow(batch, picks, count, queue);
            }
        }
    }

    /**
     * Calls the guest, but not one who can't be: he may have made us wait, which he does once and not with each of his rings.
     *
     * @param call what one of his rings is called by; that ring is locked
     */
    void call(EventFd events, Fd call) {
        if (!deaf && !events.call(call.number())) {
            deaf = true;
            onDeaf.run();
        }
    }

    /** True if the counter of what the guest is called by is full, which no honest front-end's is. Any thread. */
    boolean isDeaf() {
        return deaf;
    }

    /** The loop: a front-end has come, and no queue has started. */
    void begin() {
        deaf = false;
    }

    /** The loop: a queue was started, stopped, enabled or disabled. */
    void countReady() {
        int queues = 0;
        while (queues < MOST_PAIRS && to[queues].isReady()) {
            queues++;
        }
        ready = queues;
    }

    public PortCounters counters() {
        PortCounters sum = PortCounters.ZERO;
        for (int i = 0; i < MOST_PAIRS; i++) {
            sum = sum.plus(new PortCounters(from[i].frames(), from[i].bytes(), to[i].frames(), to[i].queue().bytes(),
                    to[i].full(), from[i].queue().bad() + from[i].drops().invalid() + to[i].queue().bad(), to[i].notReady(),
                    from[i].drops().hairpin(), from[i].drops().linkLocal()));
        }
        return sum;
    }
}
