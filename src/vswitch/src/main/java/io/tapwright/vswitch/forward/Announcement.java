package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Says on behalf of a guest where it is now: a reverse ARP request (RFC 903), broadcast, as QEMU's announce_self_create
 * makes it. Switches learn from it, nobody else minds.
 */
public final class Announcement {

    /** The shortest frame that Ethernet has, without its checksum. */
    private static final int LENGTH = 60;
    private static final int ETHERTYPE = 12;
    private static final int BODY = 14;
    private static final int SENDER = BODY + 8;
    private static final int TARGET = BODY + 18;
    private static final long BROADCAST = 0xffff_ffff_ffffL;

    /** Big-endian, written as the bytes come: RARP; then hardware 1, protocol IPv4, addresses of 6 and 4 bytes, operation 3. */
    private static final int TYPE = 0x3580;
    private static final long REQUEST = 0x0300_0406_0008_0100L;

    private Announcement() {
    }

    /**
     * Has the network learn an address, and the other ports hear of it. The loop.
     *
     * @param mac six octets, the first one lowest
     */
    public static void send(Segment segment, int from, long mac) {
        if ((mac & 1) != 0 || mac == 0) {
            // No station's address.
            return;
        }
        segment.addresses().learn(mac, from, (int) (System.nanoTime() / 1_000_000_000L));
        try (Arena arena = Arena.ofConfined()) {
            FrameBatch batch = new FrameBatch();
            describe(batch.frames[0], arena, mac);
            batch.count = 1;
            Port[] ports = segment.ports();
            for (int port = 0; port < ports.length; port++) {
                if (port != from && ports[port] != null) {
                    ports[port].send(batch, new int[] {0}, 1);
                }
            }
        }
    }

    private static void describe(Frame frame, Arena arena, long mac) {
        MemorySegment memory = arena.allocate(LENGTH, 8);
        long address = memory.address();
        // In bounds: the last that is written is the target's address, eight bytes from 32 on, of 60.
        Memory.putLong(address, BROADCAST | mac << 48);
        Memory.putInt(address + 8, (int) (mac >>> 16));
        Memory.putShort(address + ETHERTYPE, TYPE);
        Memory.putLong(address + BODY, REQUEST);
        Memory.putLong(address + SENDER, mac);
        Memory.putLong(address + TARGET, mac);
        frame.address = address;
        frame.length = LENGTH;
        frame.parts = 1;
        frame.destination = BROADCAST;
        frame.source = mac;
    }
}
