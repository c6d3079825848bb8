package io.tapwright.vswitch.vhostuser;

import static io.tapwright.vswitch.driver.TestSwitch.mac;

import io.tapwright.vswitch.driver.DriverRing;
import io.tapwright.vswitch.driver.FrontEnd;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.GuestRam;
import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.vhostuser.FuzzGround.Input;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Any contents of both rings of a guest: descriptors, tables, indexes, buffers. What is shared ends within a page on either
 * side; the bytes around it are known, and stay. With the property {@code fuzz.racing} a second thread changes the rings
 * while they are read.
 */
public final class RingFuzz implements AutoCloseable {

    private static final int SIZE = 32;
    /** Of the file: before it and after it are bytes that are not shared. */
    private static final long BEGIN = 4096 + 256;
    private static final long SHARED = 0x60000 - 512;
    private static final long FILE = 0x62000;
    private static final int CANARY = 0xa5;
    private static final long BUFFERS = BEGIN + 2 * DriverRing.ROOM;
    private static RingFuzz only;

    private final FuzzGround ground = new FuzzGround();
    private final GuestRam ram = new GuestRam(FILE);
    private final GuestRam log = new GuestRam(1 << 20);
    private final DriverRing rx = new DriverRing(ram, BEGIN, SIZE, false);
    private final DriverRing tx = new DriverRing(ram, BEGIN + DriverRing.ROOM, SIZE, false);
    private final byte[] canaries = new byte[(int) FILE];
    private final Fd kick = EventFd.create();
    private final Fd call = EventFd.create();
    private volatile boolean racing;
    private final Thread racer;
    private volatile boolean closed;

    public RingFuzz(boolean withRacer) {
        ram.fill(0, FILE, CANARY);
        Arrays.fill(canaries, (byte) CANARY);
        racer = withRacer ? Thread.ofPlatform().daemon().name("racer").start(this::race) : null;
    }

    /** For Jazzer. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (only == null) {
            only = new RingFuzz(Boolean.getBoolean("fuzz.racing"));
        }
        only.run(input);
    }

    private void race() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        while (!closed) {
            if (racing) {
                long ring = random.nextBoolean() ? BEGIN : BEGIN + DriverRing.ROOM;
                long where = switch (random.nextInt(4)) {
                    case 0 -> random.nextInt(16 * SIZE);
                    case 1 -> 0x8000 + random.nextInt(6 + 2 * SIZE);
                    case 2 -> 0x10000 + random.nextInt(6 + 8 * SIZE);
                    default -> 2 * DriverRing.ROOM - (ring - BEGIN) + random.nextInt(256);
                };
                ram.put(ring + where, new byte[] {(byte) (random.nextBoolean() ? random.nextInt(8) : random.nextInt(256))});
            } else {
                Thread.onSpinWait();
            }
        }
    }

    void run(byte[] bytes) {
        ground.begin();
        Input input = new Input(bytes);
        for (long ring : new long[] {BEGIN, BEGIN + DriverRing.ROOM}) {
            ram.fill(ring, 16 * SIZE, 0);
            ram.fill(ring + 0x8000, 6 + 2 * SIZE, 0);
            ram.fill(ring + 0x10000, 6 + 8 * SIZE, 0);
        }
        ram.fill(BUFFERS, 4096, 0);
        rx.startAt(0);
        tx.startAt(0);
        Session session = new Session(ground.attacker, ground.peers);
        try {
            int how = input.u8();
            long features = how < 128 ? Features.OFFERED & ~Features.LOG_ALL : how < 192 ? Features.OFFERED : Features.OFFERED & ~(input.u64() & 0xffff_ffffL);
            begin(session, features | Features.PROTOCOL_FEATURES);
            for (int rounds = 0; rounds < 8 && !input.isAtEnd(); rounds++) {
                fill(input, rx, DriverRing.WRITE);
                fill(input, tx, 0);
                racing = racer != null;
                ground.work();
                ground.settle();
                // Something for its receive ring.
                ground.whole.nic.post(GuestNic.frame(mac(FuzzGround.ATTACKER), mac(FuzzGround.WHOLE), 14 + input.u16() % 9000, rounds));
                ground.carrier.carry(ground.whole.port.from(0));
                racing = false;
            }
        } finally {
            racing = false;
            session.close();
        }
        ground.settle();
        ground.assertNothingLeft();
        checkCanaries(0, BEGIN);
        checkCanaries(BEGIN + SHARED, FILE);
    }

    private void begin(Session session, long features) {
        FuzzGround.handle(session, FrontEnd.SET_FEATURES, FrontEnd.u64(features));
        FuzzGround.handle(session, FrontEnd.SET_LOG_BASE, FrontEnd.u64(1 << 20, 0), log.file.duplicate());
        FuzzGround.handle(session, FrontEnd.SET_MEM_TABLE,
                FrontEnd.table(GuestRam.guest(BEGIN), SHARED - 0x20000, GuestRam.user(BEGIN), BEGIN,
                        GuestRam.guest(BEGIN + SHARED - 0x20000), 0x20000, GuestRam.user(BEGIN + SHARED - 0x20000), BEGIN + SHARED - 0x20000),
                ram.file.duplicate(), ram.file.duplicate());
        FuzzGround.startRing(session, 0, rx, kick, call);
        FuzzGround.startRing(session, 1, tx, kick, call);
        ground.segment.addresses().learn(Long.reverseBytes(mac(FuzzGround.ATTACKER)) >>> 16, ground.attacker.number(), 1);
    }

    /** Some heads, most of which make sense. */
    private void fill(Input input, DriverRing ring, int direction) {
        int heads = input.u8() % 12;
        for (int i = 0; i < heads; i++) {
            int head = descriptor(input, ring, ring.descriptors, SIZE, direction, 0);
            ring.publish(input.u8() < 250 ? head : input.u16());
        }
        if (input.u8() >= 250) {
            ring.index((int) input.near(ring.availableIndex(), 0, SIZE, 0xffff));
        }
        if (input.u8() >= 240) {
            // Anything anywhere.
            byte[] some = input.bytes(Math.min(input.left(), 1 + input.u8() % 16));
            ram.put(BEGIN + (input.u32() & 0x7fff_ffffL) % (2 * DriverRing.ROOM), some);
        }
    }

    private int descriptor(Input input, DriverRing ring, long table, int size, int direction, int depth) {
        int number = input.u8() % size;
        int kind = input.u8();
        int length = length(input);
        int flags = direction;
        long address = address(input);
        int next = 0;
        if (kind < 96) {
            if (direction == 0) {
                frame(input, address, length);
            }
        } else if (kind < 160) {
            flags |= DriverRing.NEXT;
            next = input.u8() < 250 && depth < 6 ? descriptor(input, ring, table, size, direction, depth + 1) : input.u16();
        } else if (kind < 224) {
            flags = DriverRing.INDIRECT | (kind & 1) * DriverRing.WRITE;
            int count = 1 + input.u8() % 16;
            long inner = BUFFERS + 64L * (input.u8() % 32);
            address = GuestRam.guest(inner);
            length = input.u8() < 240 ? 16 * count : length(input);
            if (depth < 3) {
                for (int i = 0; i < Math.min(count, 4); i++) {
                    descriptor(input, ring, inner, count, direction, depth + 1);
                }
            }
        } else {
            flags = input.u16();
            next = input.u16();
        }
        ring.write(table + 16L * number, address, length, flags, next);
        return number;
    }

    private static int length(Input input) {
        return switch (input.u8() % 8) {
            case 0 -> input.u8() % 32;
            case 1 -> 12;
            case 2 -> 26 + input.u8();
            case 3 -> input.u16();
            case 4 -> (int) input.near(0, 65535 + 34, Integer.MAX_VALUE, Integer.MIN_VALUE, -1);
            default -> 72 + input.u8();
        };
    }

    private static long address(Input input) {
        int how = input.u8();
        if (how < 224) {
            return GuestRam.guest(BUFFERS + 4096 + 512L * (input.u8() % 128));
        }
        return GuestRam.guest(input.near(BEGIN, BEGIN + SHARED - 0x20000, BEGIN + SHARED, BUFFERS, -GuestRam.GUEST));
    }

    private void frame(Input input, long guestAddress, int length) {
        long at = guestAddress - GuestRam.GUEST;
        if (at < BEGIN || length < 0 || at > BEGIN + SHARED - 128) {
            return;
        }
        int to = input.u8();
        byte[] start = new byte[12 + 64];
        if (to < 64) {
            System.arraycopy(input.bytes(10), 0, start, 0, 10);
        }
        byte[] frame = GuestNic.frame(to % 4 == 0 ? 0xffff_ffff_ffffL : mac(to % 4), mac(to < 250 ? 1 : 2), 64, to);
        System.arraycopy(frame, 0, start, 12, 64);
        ram.put(at, start);
    }

    private void checkCanaries(long from, long to) {
        byte[] bytes = ram.bytes(from, (int) (to - from));
        int differs = Arrays.mismatch(bytes, Arrays.copyOf(canaries, bytes.length));
        if (differs >= 0) {
            throw new AssertionError("byte " + (from + differs) + " was written to, which is not shared");
        }
    }

    @Override
    public void close() {
        closed = true;
        if (racer != null) {
            try {
                racer.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        ground.close();
        ram.close();
        log.close();
        kick.close();
        call.close();
    }
}
