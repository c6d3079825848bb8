package io.tapwright.vswitch.driver;

import static io.tapwright.vswitch.driver.FrontEnd.u64;

import io.tapwright.vswitch.memory.Memory;
import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.LibC;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.function.IntConsumer;

/**
 * A guest's NIC: a front-end that brings the rings up as QEMU does, and a driver that sends and receives frames. One
 * thread.
 */
public final class GuestNic implements AutoCloseable {

    // Feature bits of VIRTIO 1.2, section 5.1.3 and 6, and of vhost-user.
    public static final long CSUM = 1L;
    public static final long GUEST_CSUM = 1L << 1;
    public static final long GUEST_TSO4 = 1L << 7;
    public static final long HOST_TSO4 = 1L << 11;
    public static final long MRG_RXBUF = 1L << 15;
    public static final long LOG_ALL = 1L << 26;
    public static final long INDIRECT_DESC = 1L << 28;
    public static final long EVENT_IDX = 1L << 29;
    public static final long PROTOCOL_FEATURES = 1L << 30;
    public static final long VERSION_1 = 1L << 32;

    public static final long USUAL = MRG_RXBUF | INDIRECT_DESC | EVENT_IDX | PROTOCOL_FEATURES | VERSION_1;
    /** MQ, LOG_SHMFD, REPLY_ACK, CONFIGURE_MEM_SLOTS, STATUS. */
    public static final long PROTOCOL = 1 | 1 << 1 | 1 << 3 | 1 << 15 | 1 << 16;

    /** include/uapi/asm-generic/fcntl.h */
    private static final int F_SETFL = 4;

    private static final long INDIRECT_TABLES = 2 * DriverRing.ROOM;
    private static final int INDIRECT_TABLE = 256;

    /** How a frame to send is laid out. */
    public enum Layout {
        /** Header and frame in one descriptor. */
        DIRECT,
        /** The header in one, the frame in two more. */
        CHAINED,
        /** The same in a table. */
        INDIRECT
    }

    public final GuestRam ram;
    public final DriverRing rx;
    public final DriverRing tx;
    public final Fd rxKick = EventFd.create();
    public final Fd rxCall = EventFd.create();
    public final Fd txKick = EventFd.create();
    public final Fd txCall = EventFd.create();
    public FrontEnd frontEnd;

    private final EventFd events = new EventFd();
    private final long features;
    private final int bufferSize;
    private final long rxBuffers;
    private final long txBuffers;
    private final Layout layout;
    private final Deque<Integer> freeSlots = new ArrayDeque<>();

    public GuestNic(long features, int ringSize, int bufferSize, Layout layout) {
        this.features = features;
        this.bufferSize = bufferSize;
        this.layout = layout;
        rxBuffers = INDIRECT_TABLES + (long) INDIRECT_TABLE * 1024;
        txBuffers = rxBuffers + (long) ringSize * bufferSize;
        ram = new GuestRam(txBuffers + (long) ringSize * bufferSize + 4095 & -4096L);
        boolean eventIndex = (features & EVENT_IDX) != 0;
        rx = new DriverRing(ram, 0, ringSize, eventIndex);
        tx = new DriverRing(ram, DriverRing.ROOM, ringSize, eventIndex);
        reset();
    }

    /** As most guests have it. */
    public GuestNic() {
        this(USUAL, 256, 2048, Layout.DIRECT);
    }

    public int headerLength() {
        return (features & (VERSION_1 | MRG_RXBUF)) != 0 ? 12 : 10;
    }

    /** The driver forgets all that was, as at a reboot. */
    public void reset() {
        rx.startAt(0);
        tx.startAt(0);
        freeSlots.clear();
        for (int i = 0; i < tx.size(); i++) {
            if (isSlot(i)) {
                freeSlots.add(i);
            }
        }
        for (int i = 0; i < rx.size(); i++) {
            rx.descriptor(i, GuestRam.guest(rxBuffers + (long) i * bufferSize), bufferSize, DriverRing.WRITE, 0);
            rx.publish(i);
        }
    }

    private boolean isSlot(int head) {
        int perFrame = layout == Layout.CHAINED ? 3 : 1;
        return head >= 0 && head % perFrame == 0 && head <= tx.size() - perFrame;
    }

    /** Connects and brings everything up. */
    public GuestNic up(Path socket) {
        frontEnd = FrontEnd.connect(socket);
        agree();
        share();
        startRings(0, 0);
        enable(true);
        return this;
    }

    public void agree() {
        frontEnd.ask(FrontEnd.GET_FEATURES, FrontEnd.NOTHING);
        if ((features & PROTOCOL_FEATURES) != 0) {
            frontEnd.ask(FrontEnd.GET_PROTOCOL_FEATURES, FrontEnd.NOTHING);
            frontEnd.send(FrontEnd.SET_PROTOCOL_FEATURES, u64(PROTOCOL));
        }
        frontEnd.send(FrontEnd.SET_OWNER, FrontEnd.NOTHING);
        frontEnd.send(FrontEnd.SET_FEATURES, u64(features));
    }

    public void share() {
        frontEnd.send(FrontEnd.SET_MEM_TABLE, FrontEnd.table(ram), ram.file);
    }

    public void startRings(int rxBase, int txBase) {
        startRing(0, rx, rxBase, rxKick, rxCall);
        startRing(1, tx, txBase, txKick, txCall);
    }

    public void startRing(int number, DriverRing ring, int base, Fd kick, Fd call) {
        frontEnd.send(FrontEnd.SET_VRING_NUM, FrontEnd.state(number, ring.size()));
        frontEnd.send(FrontEnd.SET_VRING_BASE, FrontEnd.state(number, base));
        frontEnd.send(FrontEnd.SET_VRING_ADDR, FrontEnd.address(number, ring));
        frontEnd.send(FrontEnd.SET_VRING_KICK, u64(number), kick);
        frontEnd.send(FrontEnd.SET_VRING_CALL, u64(number), call);
    }

    public void enable(boolean on) {
        if ((features & PROTOCOL_FEATURES) != 0) {
            frontEnd.send(FrontEnd.SET_VRING_ENABLE, FrontEnd.state(0, on ? 1 : 0));
            frontEnd.send(FrontEnd.SET_VRING_ENABLE, FrontEnd.state(1, on ? 1 : 0));
        }
        settle();
    }

    /** Waits until the back-end has done all that was said so far. */
    public void settle() {
        frontEnd.ask(FrontEnd.GET_FEATURES, FrontEnd.NOTHING);
    }

    // -- frames ---------------------------------------------------------------------------------

    /** Sends, and calls the device if it wants that; false if the ring is full. */
    public boolean send(byte[] frame) {
        return post(frame) && kick();
    }

    /** Puts a frame into the ring. */
    public boolean post(byte[] frame) {
        return post(frame, new byte[headerLength()]);
    }

    public boolean post(byte[] frame, byte[] header) {
        reclaim();
        Integer slot = freeSlots.poll();
        if (slot == null) {
            return false;
        }
        long buffer = txBuffers + (long) slot * bufferSize;
        int headerLength = header.length;
        ram.put(buffer, header);
        ram.put(buffer + headerLength, frame);
        long guest = GuestRam.guest(buffer);
        int half = Math.max(1, frame.length / 3);
        switch (layout) {
            case DIRECT -> tx.descriptor(slot, guest, headerLength + frame.length, 0, 0);
            case CHAINED -> {
                tx.descriptor(slot, guest, headerLength, DriverRing.NEXT, slot + 1);
                tx.descriptor(slot + 1, guest + headerLength, half, DriverRing.NEXT, slot + 2);
                tx.descriptor(slot + 2, guest + headerLength + half, frame.length - half, 0, 0);
            }
            case INDIRECT -> {
                long table = INDIRECT_TABLES + (long) slot * INDIRECT_TABLE;
                tx.write(table, guest, headerLength, DriverRing.NEXT, 1);
                tx.write(table + 16, guest + headerLength, half, DriverRing.NEXT, 2);
                tx.write(table + 32, guest + headerLength + half, frame.length - half, 0, 0);
                tx.descriptor(slot, GuestRam.guest(table), 48, DriverRing.INDIRECT, 0);
            }
        }
        tx.publish(slot);
        return true;
    }

    /** Calls the device, if it wants to be called. */
    public boolean kick() {
        if (tx.wantsKick()) {
            events.signal(txKick.number());
        }
        return true;
    }

    /** Takes back what the device is done with, before the next frame. */
    private void reclaim() {
        reclaim(head -> {
            throw new IllegalStateException("the device gives back head " + head + ", where no frame of ours begins");
        });
    }

    /**
     * Takes back what the device is done with.
     *
     * @param stranger gets each head where no frame of ours begins: a device that was told to look elsewhere for its ring may
     *                 well find such
     */
    public void reclaim(IntConsumer stranger) {
        for (DriverRing.Used used = tx.take(); used != null; used = tx.take()) {
            if (isSlot(used.head())) {
                freeSlots.add(used.head());
            } else {
                stranger.accept(used.head());
            }
        }
    }

    /** The next frame that has come, without its header, or null. Its buffers go back to the device. */
    public byte[] poll() {
        DriverRing.Used first = rx.take();
        if (first == null) {
            return null;
        }
        int header = headerLength();
        byte[] bytes = ram.bytes(rxBuffers + (long) first.head() * bufferSize, first.length());
        int buffers = header == 12 ? bytes[10] & 0xff | (bytes[11] & 0xff) << 8 : 1;
        lastHeader = Arrays.copyOf(bytes, header);
        byte[] frame = Arrays.copyOfRange(bytes, header, bytes.length);
        rx.publish(first.head());
        for (int i = 1; i < buffers; i++) {
            DriverRing.Used more = rx.take();
            byte[] part = ram.bytes(rxBuffers + (long) more.head() * bufferSize, more.length());
            frame = Arrays.copyOf(frame, frame.length + part.length);
            System.arraycopy(part, 0, frame, frame.length - part.length, part.length);
            rx.publish(more.head());
        }
        return frame;
    }

    private byte[] lastHeader;

    /** The header before the last frame that {@link #poll} answered. */
    public byte[] lastHeader() {
        return lastHeader;
    }

    /** Waits for a frame, or answers null. */
    public byte[] receive(Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        byte[] frame = poll();
        while (frame == null && System.nanoTime() < end) {
            Thread.onSpinWait();
            Thread.yield();
            frame = poll();
        }
        return frame;
    }

    /** An Ethernet frame whose payload tells its number. */
    public static byte[] frame(long destination, long source, int length, int number) {
        byte[] frame = new byte[length];
        for (int i = 0; i < 6; i++) {
            frame[i] = (byte) (destination >>> 40 - 8 * i);
            frame[6 + i] = (byte) (source >>> 40 - 8 * i);
        }
        frame[12] = (byte) 0x88;
        frame[13] = (byte) 0xb5;
        for (int i = 14; i < length; i++) {
            frame[i] = (byte) (i < 18 ? number >>> 8 * (i - 14) : i * 7 + number);
        }
        return frame;
    }

    public static int numberOf(byte[] frame) {
        return frame[14] & 0xff | (frame[15] & 0xff) << 8 | (frame[16] & 0xff) << 16 | frame[17] << 24;
    }

    /** Whether {@link #signalled} is for a ring's call. */
    public boolean signalled(Fd call) {
        return events.drain(call.number());
    }

    public void signal(Fd fd) {
        events.signal(fd.number());
    }

    /** Has a write to it wait, or a read where there is nothing to read, for whoever else has it too. */
    public static void block(Fd eventFd) {
        int unused = new LibC().fcntl(eventFd.number(), F_SETFL, 0);
    }

    /** Makes its counter so large that nothing can be added. */
    public void fill(Fd eventFd) {
        events.drain(eventFd.number());
        try (Arena arena = Arena.ofConfined()) {
            long unused = LibC.tryWrite(eventFd.number(), arena.allocateFrom(ValueLayout.JAVA_LONG, -2L).address(), Long.BYTES);
        }
    }

    /** Writes a long into the guest's memory, at any offset. */
    public void put(long offset, long value) {
        Memory.putLong(ram.at(offset, 8), value);
    }

    public void disconnect() {
        if (frontEnd != null) {
            frontEnd.close();
            frontEnd = null;
        }
    }

    @Override
    public void close() {
        disconnect();
        for (Fd fd : new Fd[] {rxKick, rxCall, txKick, txCall}) {
            fd.close();
        }
        ram.close();
    }
}
