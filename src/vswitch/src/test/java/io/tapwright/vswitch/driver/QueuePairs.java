package io.tapwright.vswitch.driver;

import static io.tapwright.vswitch.driver.FrontEnd.state;
import static io.tapwright.vswitch.driver.FrontEnd.u64;

import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** A guest's NIC with several pairs of queues, all of them up at first. One thread. */
public final class QueuePairs implements AutoCloseable {

    /** With VIRTIO_NET_F_MQ (VIRTIO 1.2, section 5.1.3). */
    private static final long FEATURES = GuestNic.USUAL | 1L << 22;
    private static final int HEADER = 12;
    private static final int RING = 256;
    private static final int BUFFER = 2048;
    private static final long ROOM = 2 * DriverRing.ROOM + 2L * RING * BUFFER;

    private final GuestRam ram;
    private final Pair[] pairs;
    private final EventFd events = new EventFd();
    private final FrontEnd frontEnd;

    private final class Pair {
        final long rxBuffers;
        final long txBuffers;
        final DriverRing rx;
        final DriverRing tx;
        final Fd[] fds = {EventFd.create(), EventFd.create(), EventFd.create(), EventFd.create()};
        final Deque<Integer> free = new ArrayDeque<>();

        Pair(int number) {
            long begin = number * ROOM;
            rx = new DriverRing(ram, begin, RING, true);
            tx = new DriverRing(ram, begin + DriverRing.ROOM, RING, true);
            rxBuffers = begin + 2 * DriverRing.ROOM;
            txBuffers = rxBuffers + (long) RING * BUFFER;
            rx.startAt(0);
            tx.startAt(0);
            for (int i = 0; i < RING; i++) {
                free.add(i);
                rx.descriptor(i, GuestRam.guest(rxBuffers + (long) i * BUFFER), BUFFER, DriverRing.WRITE, 0);
                rx.publish(i);
            }
        }
    }

    /** Connects and brings all of them up. */
    public QueuePairs(int count, Path socket) {
        ram = new GuestRam(count * ROOM);
        pairs = new Pair[count];
        Arrays.setAll(pairs, Pair::new);
        frontEnd = FrontEnd.connect(socket);
        frontEnd.ask(FrontEnd.GET_FEATURES, FrontEnd.NOTHING);
        frontEnd.send(FrontEnd.SET_PROTOCOL_FEATURES, u64(GuestNic.PROTOCOL));
        frontEnd.send(FrontEnd.SET_FEATURES, u64(FEATURES));
        frontEnd.send(FrontEnd.SET_MEM_TABLE, FrontEnd.table(ram), ram.file);
        for (int i = 0; i < count; i++) {
            start(2 * i, 0);
            start(2 * i + 1, 0);
            enable(i, true);
        }
    }

    /** A ring by its number: the receive queue of a pair is twice the pair's, the transmit queue one more. */
    public void start(int number, int base) {
        Pair pair = pairs[number / 2];
        DriverRing ring = number % 2 == 0 ? pair.rx : pair.tx;
        frontEnd.send(FrontEnd.SET_VRING_NUM, state(number, RING));
        frontEnd.send(FrontEnd.SET_VRING_BASE, state(number, base));
        frontEnd.send(FrontEnd.SET_VRING_ADDR, FrontEnd.address(number, ring));
        frontEnd.send(FrontEnd.SET_VRING_KICK, u64(number), pair.fds[number % 2 * 2]);
        frontEnd.send(FrontEnd.SET_VRING_CALL, u64(number), pair.fds[number % 2 * 2 + 1]);
        settle();
    }

    /** Stops a ring, and says where it stood. */
    public int stop(int number) {
        return frontEnd.ask(FrontEnd.GET_VRING_BASE, state(number, 0)).payload().getInt(4);
    }

    /** Both rings of a pair. */
    public void enable(int pair, boolean on) {
        frontEnd.send(FrontEnd.SET_VRING_ENABLE, state(2 * pair, on ? 1 : 0));
        frontEnd.send(FrontEnd.SET_VRING_ENABLE, state(2 * pair + 1, on ? 1 : 0));
        settle();
    }

    private void settle() {
        frontEnd.ask(FrontEnd.GET_FEATURES, FrontEnd.NOTHING);
    }

    /** Sends from a pair's transmit queue; false if that is full. */
    public boolean send(int number, byte[] frame) {
        Pair pair = pairs[number];
        for (DriverRing.Used used = pair.tx.take(); used != null; used = pair.tx.take()) {
            pair.free.add(used.head());
        }
        Integer slot = pair.free.poll();
        if (slot == null) {
            return false;
        }
        long buffer = pair.txBuffers + (long) slot * BUFFER;
        ram.put(buffer, new byte[HEADER]);
        ram.put(buffer + HEADER, frame);
        pair.tx.descriptor(slot, GuestRam.guest(buffer), HEADER + frame.length, 0, 0);
        pair.tx.publish(slot);
        if (pair.tx.wantsKick()) {
            events.signal(pair.fds[2].number());
        }
        return true;
    }

    /** The next frame of a pair's receive queue, or null. Its buffer goes back. */
    public byte[] poll(int number) {
        Pair pair = pairs[number];
        DriverRing.Used used = pair.rx.take();
        if (used == null) {
            return null;
        }
        byte[] bytes = ram.bytes(pair.rxBuffers + (long) used.head() * BUFFER, used.length());
        pair.rx.publish(used.head());
        return Arrays.copyOfRange(bytes, HEADER, bytes.length);
    }

    public int count() {
        return pairs.length;
    }

    @Override
    public void close() {
        frontEnd.close();
        for (Pair pair : pairs) {
            for (Fd fd : pair.fds) {
                fd.close();
            }
        }
        ram.close();
    }
}
