package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.frame.VirtioNetHeader;
import io.tapwright.vswitch.memory.Memory;
import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.Mapping;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest in this process, with a port of its own: memory, one pair of rings, and a driver that does as much as the
 * {@link Rehearsal} needs. One thread.
 */
final class SimulatedGuest implements AutoCloseable {

    private static final int SIZE = 64;
    /** Of a receive buffer; longer frames take several. */
    private static final int ROOM = 2048;
    /** Of a frame to be sent, header and all. */
    private static final int SLOT = 4096;
    private static final int NEXT = 1;
    private static final int WRITE = 2;

    private static final int RING = 4096;
    private static final int AVAILABLE = 16 * SIZE;
    private static final int USED = 2048;
    private static final long RECEIVE_BUFFERS = 2 * RING;
    private static final long SLOTS = RECEIVE_BUFFERS + (long) SIZE * ROOM;
    /** A frame has two descriptors at most. */
    private static final long LENGTH = SLOTS + (long) SIZE / 2 * SLOT;
    /** Where the guest and the front-end have the begin of it. */
    private static final long BASE = 1L << 32;
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final long mac;
    private final Segment segment;
    private final Fd memory;
    private final Mapping mapping;
    private final VhostPort port;
    private final Session session;
    private final EventFd events = new EventFd();
    private final Ring receiving;
    private final Ring sending;

    /** The driver's side of one. */
    private final class Ring {
        final long offset;
        final Fd kick = EventFd.create();
        final Fd call = EventFd.create();
        int published;
        int taken;

        Ring(long offset) {
            this.offset = offset;
        }

        void describe(int number, long buffer, int length, int flags) {
            // In bounds, here and below: offset and RING are in the mapping, and the number is below SIZE.
            long at = mapping.address() + offset + 16L * number;
            Memory.putLong(at, BASE + buffer);
            Memory.putInt(at + 8, length);
            Memory.putShort(at + 12, flags);
            Memory.putShort(at + 14, number + 1);
        }

        void add(int head) {
            Memory.putShort(mapping.address() + offset + AVAILABLE + 4 + 2L * (published & SIZE - 1), head);
            published = published + 1 & 0xffff;
        }

        void publish() {
            // Calls are wanted for the next one that comes back.
            Memory.putShort(mapping.address() + offset + AVAILABLE + 4 + 2L * SIZE, taken);
            Memory.putShortRelease(mapping.address() + offset + AVAILABLE + 2, published);
            VarHandle.fullFence();
            events.signal(kick.number());
        }

        /** The head that comes back next, once it does; a machine may have other things to do meanwhile. */
        int take() {
            long begun = System.nanoTime();
            while (Memory.getShortAcquire(mapping.address() + offset + USED + 2) == taken) {
                if (System.nanoTime() - begun > PATIENCE_NANOS) {
                    throw new IllegalStateException("a rehearsed frame has not come back after 60 s");
                }
                Thread.onSpinWait();
            }
            int head = Memory.getShort(mapping.address() + offset + USED + 4 + 8L * (taken & SIZE - 1));
            taken = taken + 1 & 0xffff;
            return head;
        }

        void close() {
            kick.close();
            call.close();
        }
    }

    /** @param features beside those that every driver has agreed to for years */
    SimulatedGuest(Segment segment, Switchboard board, int number, long features) {
        this.segment = segment;
        // Locally administered.
        mac = (long) number << 40 | 0x02;
        memory = Fd.memory("rehearsal", LENGTH);
        mapping = Mapping.of(memory, 0, LENGTH);
        port = new VhostPort(segment, () -> { });
        session = new Session(port, board);
        receiving = new Ring(0);
        sending = new Ring(RING);
        for (int i = 0; i < SIZE; i++) {
            receiving.describe(i, RECEIVE_BUFFERS + (long) i * ROOM, ROOM, WRITE);
            receiving.add(i);
        }
        tell(Request.SET_FEATURES, number64(Features.VERSION_1 | Features.MERGEABLE_BUFFERS | Features.PROTOCOL_FEATURES | features));
        tell(Request.SET_MEM_TABLE, numbers(40).putInt(0, 1).putLong(8, BASE).putLong(16, LENGTH).putLong(24, BASE).putLong(32, 0),
                memory.duplicate());
        start(0, receiving);
        start(1, sending);
        receiving.publish();
    }

    private void start(int number, Ring ring) {
        tell(Request.SET_VRING_NUM, pair(number, SIZE));
        tell(Request.SET_VRING_BASE, pair(number, 0));
        long at = BASE + ring.offset;
        tell(Request.SET_VRING_ADDR, numbers(40).putInt(0, number).putLong(8, at).putLong(16, at + USED).putLong(24, at + AVAILABLE));
        tell(Request.SET_VRING_KICK, number64(number), ring.kick.duplicate());
        tell(Request.SET_VRING_CALL, number64(number), ring.call.duplicate());
        tell(Request.SET_VRING_ENABLE, pair(number, 1));
    }

    private void tell(Request request, ByteBuffer payload, Fd... fds) {
        var unused = session.handle(request, new Message(0, Message.VERSION, payload, new ArrayList<>(List.of(fds))));
    }

    private static ByteBuffer numbers(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer number64(long number) {
        return numbers(Long.BYTES).putLong(0, number);
    }

    private static ByteBuffer pair(int first, int second) {
        return numbers(8).putInt(0, first).putInt(4, second);
    }

    /** So many frames at once, {@code first} bytes of each in a buffer of their own where it has more. */
    void send(SimulatedGuest to, int length, int first, int count) {
        int header = VirtioNetHeader.LENGTH;
        for (int i = 0; i < count; i++) {
            long slot = SLOTS + (long) i * SLOT;
            // In bounds: there are SIZE / 2 slots, and a frame with its header is shorter than one.
            long frame = mapping.address() + slot + header;
            Memory.putLong(frame + 6, mac);
            Memory.putLong(frame, to.mac | mac << 48);
            if (first < length) {
                sending.describe(2 * i, slot, header + first, NEXT);
                sending.describe(2 * i + 1, slot + header + first, length - first, 0);
            } else {
                sending.describe(2 * i, slot, header + length, 0);
            }
            sending.add(2 * i);
        }
        sending.publish();
    }

    /** Until all that was sent has been taken from the ring. */
    void awaitSent() {
        while (sending.taken != sending.published) {
            int unused = sending.take();
        }
    }

    /** How many receive buffers a frame takes. */
    static int buffersFor(int length) {
        return (VirtioNetHeader.LENGTH + length + ROOM - 1) / ROOM;
    }

    /** Until so many buffers have come; they are for the next ones. */
    void receive(int buffers) {
        for (int i = 0; i < buffers; i++) {
            receiving.add(receiving.take());
        }
        receiving.publish();
    }

    @Override
    public void close() {
        segment.remove(port.number());
        session.close();
        receiving.close();
        sending.close();
        mapping.close();
        memory.close();
    }
}
