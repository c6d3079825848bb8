package io.tapwright.vswitch.vhostuser;

import static io.tapwright.vswitch.driver.FrontEnd.state;
import static io.tapwright.vswitch.driver.FrontEnd.u64;
import static io.tapwright.vswitch.driver.TestSwitch.mac;

import io.tapwright.vswitch.driver.DriverRing;
import io.tapwright.vswitch.driver.FrontEnd;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.GuestNic.Layout;
import io.tapwright.vswitch.driver.TestSwitch;
import io.tapwright.vswitch.forward.Carrier;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.posix.Fd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A segment with the port of an attacker and those of two innocents, one that agreed to every offload and one to none.
 * Sessions, rings and forwarder are the real ones; the thread that fuzzes does the loop's and the worker's work
 * in turn, so that whatever escapes is its own.
 */
final class FuzzGround implements AutoCloseable {

    static final int ATTACKER = 1;
    static final int WHOLE = 2;
    static final int PLAIN = 3;

    private static final long ALL_OFFLOADS = Features.CHECKSUM | Features.GUEST_CHECKSUM | Features.GUEST_TSO4 | Features.GUEST_TSO6
            | Features.GUEST_ECN | Features.HOST_TSO4 | Features.HOST_TSO6 | Features.HOST_ECN;

    final Segment segment = new Segment("fuzz");
    final Carrier carrier = new Carrier();
    final Map<FromGuest, Fd> watched = new LinkedHashMap<>();
    final VhostPort attacker = new VhostPort(segment, () -> { });
    final Innocent whole;
    final Innocent plain;
    private int checks;
    private int inputs;
    private long fds;
    private long mappings;

    /** What a worker would be told. */
    final Session.Peers peers = new Session.Peers() {
        @Override
        public void watch(FromGuest queue, Fd kick) {
            if (watched.put(queue, kick) != null) {
                throw new AssertionError("a queue is watched twice");
            }
        }

        @Override
        public void unwatch(FromGuest queue) {
            Fd kick = watched.remove(queue);
            if (kick != null && !kick.isOpen()) {
                throw new AssertionError("a descriptor was closed while it was watched");
            }
        }

        @Override
        public void announce(VhostPort port, long mac) {
            port.segment().addresses().learn(mac, port.number(), 1);
        }
    };

    /** A guest that does nothing wrong. */
    final class Innocent implements AutoCloseable {
        final VhostPort port = new VhostPort(segment, () -> { });
        final GuestNic nic;
        final Session session;

        Innocent(long offloads, int buffer) {
            nic = new GuestNic(GuestNic.USUAL | offloads, 64, buffer, Layout.DIRECT);
            session = new Session(port, peers);
            bringUp(session, nic, GuestNic.USUAL | offloads);
        }

        byte[] take() {
            return nic.poll();
        }

        @Override
        public void close() {
            session.close();
            nic.close();
        }
    }

    FuzzGround() {
        whole = new Innocent(ALL_OFFLOADS, 16384);
        plain = new Innocent(0, 2048);
        segment.addresses().fix(wire(mac(WHOLE)), whole.port.number());
        segment.addresses().fix(wire(mac(PLAIN)), plain.port.number());
        watched.clear();
        settle();
    }

    /** Before each input; what is there before the first is what is there after each. */
    void begin() {
        if (inputs++ == 0) {
            fds = TestSwitch.openFds();
            mappings = TestSwitch.sharedMappings();
        }
    }

    private static long wire(long mac) {
        return Long.reverseBytes(mac) >>> 16;
    }

    static void handle(Session session, int request, byte[] payload, Fd... fds) {
        List<Fd> all = new ArrayList<>(Arrays.asList(fds));
        Message message = new Message(request, 1, ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder()), all);
        try {
            var unused = session.handle(Request.of(request), message);
        } finally {
            all.forEach(Fd::close);
        }
    }

    static void bringUp(Session session, GuestNic nic, long features) {
        handle(session, FrontEnd.SET_PROTOCOL_FEATURES, u64(GuestNic.PROTOCOL));
        handle(session, FrontEnd.SET_FEATURES, u64(features));
        handle(session, FrontEnd.SET_MEM_TABLE, FrontEnd.table(nic.ram), nic.ram.file.duplicate());
        startRing(session, 0, nic.rx, nic.rxKick, nic.rxCall);
        startRing(session, 1, nic.tx, nic.txKick, nic.txCall);
    }

    static void startRing(Session session, int number, DriverRing ring, Fd kick, Fd call) {
        handle(session, FrontEnd.SET_VRING_NUM, state(number, ring.size()));
        handle(session, FrontEnd.SET_VRING_BASE, state(number, 0));
        handle(session, FrontEnd.SET_VRING_ADDR, FrontEnd.address(number, ring));
        handle(session, FrontEnd.SET_VRING_KICK, u64(number), kick.duplicate());
        handle(session, FrontEnd.SET_VRING_CALL, u64(number), call.duplicate());
        handle(session, FrontEnd.SET_VRING_ENABLE, state(number, 1));
    }

    /** Lets a worker look at the attacker's queues a few times. */
    void work() {
        for (int i = 0; i < 4; i++) {
            boolean worked = false;
            for (FromGuest queue : List.copyOf(watched.keySet())) {
                worked |= carrier.carry(queue);
                if (queue.askForCalls()) {
                    queue.called();
                }
                queue.doWithoutCalls();
            }
            if (!worked) {
                return;
            }
        }
    }

    /** Empties what the innocents have received: every frame is one, and both answer each other still. */
    void settle() {
        for (Innocent each : List.of(whole, plain)) {
            for (byte[] frame = each.take(); frame != null; frame = each.take()) {
                if (frame.length < 14) {
                    throw new AssertionError("a frame of " + frame.length + " bytes");
                }
            }
        }
        pass(whole, WHOLE, plain, PLAIN);
        pass(plain, PLAIN, whole, WHOLE);
    }

    private void pass(Innocent from, int fromNumber, Innocent to, int toNumber) {
        byte[] frame = GuestNic.frame(mac(toNumber), mac(fromNumber), 60 + checks % 1000, ++checks);
        if (!from.nic.post(frame)) {
            throw new AssertionError("the innocent's ring is full");
        }
        carrier.carry(from.port.from(0));
        byte[] got = to.take();
        if (!Arrays.equals(got, frame)) {
            throw new AssertionError("an innocent's frame did not pass: " + (got == null ? "none" : got.length + " bytes"));
        }
    }

    /** After the attacker's session has ended: nothing of it is left. */
    void assertNothingLeft() {
        if (!watched.isEmpty()) {
            throw new AssertionError("queues are watched still");
        }
        for (int pair = 0; pair < VhostPort.MOST_PAIRS; pair++) {
            for (var ring : List.of(attacker.from(pair).queue().ring(), attacker.to(pair).queue().ring())) {
                if (!ring.tryLock()) {
                    throw new AssertionError("a ring is locked still");
                }
                ring.unlock();
            }
        }
        if (inputs % 500 == 0) {
            if (TestSwitch.openFds() != fds || TestSwitch.sharedMappings() != mappings) {
                throw new AssertionError("descriptors: " + fds + " before, now " + TestSwitch.openFds() + "; mappings: " + mappings
                        + " before, now " + TestSwitch.sharedMappings());
            }
        }
    }

    /** The bytes of an input, one after the other; zeros at the end. */
    static final class Input {
        private final byte[] bytes;
        private int at;

        Input(byte[] bytes) {
            this.bytes = bytes;
        }

        boolean isAtEnd() {
            return at >= bytes.length;
        }

        int left() {
            return bytes.length - at;
        }

        int u8() {
            return at < bytes.length ? bytes[at++] & 0xff : 0;
        }

        int u16() {
            return u8() | u8() << 8;
        }

        int u32() {
            return u16() | u16() << 16;
        }

        long u64() {
            return u32() & 0xffff_ffffL | (long) u32() << 32;
        }

        byte[] bytes(int count) {
            byte[] some = new byte[count];
            for (int i = 0; i < count; i++) {
                some[i] = (byte) u8();
            }
            return some;
        }

        /** Near to something, or anything. */
        long near(long... points) {
            int how = u8();
            return (how & 0x80) != 0 ? u64() : points[how % points.length] + (byte) u8();
        }

        long exactly(long... points) {
            int how = u8();
            return how == 0xff ? u64() : points[how % points.length];
        }
    }

    @Override
    public void close() {
        whole.close();
        plain.close();
    }
}
