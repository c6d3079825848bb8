package io.tapwright.vswitch.frame;

import io.tapwright.vswitch.memory.Memory;

/** Tells conversations apart, so that each has a queue of its own and stays in order. */
public final class Flow {

    /** As the first two octets are read, lowest first. */
    private static final int IPV4 = 0x0008;
    private static final int IPV6 = 0xdd86;
    private static final int TYPE = 12;

    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final long MIX = 0x9e3779b97f4a7c15L;

    private Flow() {
    }

    /**
     * A number that is the same for all frames of a conversation one way: of addresses and, of TCP and UDP, ports. What is
     * not IP goes by its MAC addresses, and so does what has its headers in pieces. Not negative.
     */
    public static int of(FrameBatch batch, Frame frame) {
        int length = frame.parts == 1 ? frame.length : batch.pieces.length[frame.firstPart];
        long address = frame.address;
        long sum = frame.source ^ frame.destination;
        // In bounds: the first part has at least Frame.LEAST bytes, and as many as are asked for below.
        int type = Memory.getShort(address + TYPE);
        if (type == IPV4 && length >= 38 && Memory.getByte(address + 14) == 0x45) {
            sum = Memory.getLong(address + 26);
            int protocol = Memory.getByte(address + 23);
            // No ports in the later fragments of a packet, so none in the first: flags and offset but for "don't fragment".
            boolean whole = (Memory.getShort(address + 20) & 0xffbf) == 0;
            if (whole && (protocol == TCP || protocol == UDP)) {
                sum ^= Memory.getInt(address + 34) * MIX;
            }
        } else if (type == IPV6 && length >= 58) {
            sum = Memory.getLong(address + 22) ^ Memory.getLong(address + 30)
                    ^ Long.rotateLeft(Memory.getLong(address + 38) ^ Memory.getLong(address + 46), 32);
            int next = Memory.getByte(address + 20);
            if (next == TCP || next == UDP) {
                sum ^= Memory.getInt(address + 54) * MIX;
            }
        }
        // A product's upper bits depend on all bits below them, its lowest on few: so twice, and the upper half of it.
        long mixed = sum * MIX;
        return (int) ((mixed ^ mixed >>> 32) * MIX >>> 33);
    }
}
