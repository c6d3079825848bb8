package io.tapwright.vswitch.frame;

import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Cuts a frame with a long TCP segment into as many as its virtio header says, as a NIC that segments would (net/ipv4/tcp_offload.c
 * of Linux). One worker's.
 *
 * <p>The headers are copied first, and what was checked is the copy; a sender may change its own as it likes.
 */
public final class Segmenter {

    /**
     * No maximum segment size is smaller in earnest (TCP_MIN_SND_MSS of Linux): one frame must not become tens of thousands.
     */
    public static final int LEAST_SIZE = 48;

    /** Headers of all layers together; options and tags of every kind leave most of it unused. */
    private static final int MOST_HEADER = 512;

    private static final int ETHERTYPE = 12;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;
    private static final int TAG = 0x8100;
    private static final int SERVICE_TAG = 0x88a8;
    private static final int TAG_LENGTH = 4;

    private static final int IPV4_LEAST = 20;
    private static final int IPV4_LENGTH = 2;
    private static final int IPV4_ID = 4;
    private static final int IPV4_FRAGMENT = 6;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV4_CHECKSUM = 10;
    private static final int IPV6_HEADER = 40;
    private static final int IPV6_LENGTH = 4;
    private static final int IPV6_NEXT = 6;
    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int TCP = 6;

    private static final int TCP_LEAST = 20;
    private static final int TCP_SEQUENCE = 4;
    private static final int TCP_OFFSET = 12;
    private static final int TCP_FLAGS = 13;
    private static final int TCP_CHECKSUM = 16;
    private static final int FIN = 0x01;
    private static final int PSH = 0x08;
    private static final int CWR = 0x80;

    private final MemorySegment scratch = Arena.ofAuto().allocate(MOST_HEADER, 64);
    private final long header = scratch.address();
    private final FrameReader reader = new FrameReader();

    // Of the frame at hand: where its layers begin, counted from its first byte.
    private boolean version6;
    private int network;
    private int transport;
    private int headers;
    private int payload;
    private int size;
    /** How much of the payload has gone into segments. */
    private int done;
    private int segments;
    /** The pseudo header's sum without the length. */
    private int pseudo;

    /**
     * Begins with a frame that asks for it.
     *
     * @return false if what its headers say makes no sense
     */
    public boolean begin(FrameBatch batch, Frame frame) {
        long offload = frame.offload;
        transport = VirtioNetHeader.checksumStart(offload);
        size = VirtioNetHeader.segmentSize(offload);
        version6 = (VirtioNetHeader.segmentation(offload) & ~VirtioNetHeader.ECN) == VirtioNetHeader.TCP6;
        if (frame.checksumOffset != TCP_CHECKSUM || size == 0 || transport < Frame.LEAST || transport + TCP_LEAST > frame.length
                || transport + TCP_LEAST > MOST_HEADER) {
            return false;
        }
        reader.begin(batch, frame);
        // In bounds: both the frame and the scratch have as many, by what was checked above.
        reader.copy(transport + TCP_LEAST, header);
        headers = transport + 4 * (Memory.getByte(header + transport + TCP_OFFSET) >>> 4);
        if (headers < transport + TCP_LEAST || headers > frame.length || headers > MOST_HEADER || !findNetwork()) {
            return false;
        }
        reader.copy(headers - transport - TCP_LEAST, header + transport + TCP_LEAST);
        payload = frame.length - headers;
        if (payload > size && size < LEAST_SIZE || headers + Math.min(size, payload) - network > longestPacket()) {
            return false;
        }
        done = 0;
        segments = 0;
        // Less the length, in ones' complement.
        int length = Memory.getShort(header + transport + TCP_CHECKSUM) + (~swapped(frame.length - transport) & 0xffff);
        pseudo = Checksum.fold(length);
        return true;
    }

    private int longestPacket() {
        return version6 ? IPV6_HEADER + 0xffff : 0xffff;
    }

    /** Finds the IP header behind Ethernet's and its tags; true if it is one, and TCP comes where the virtio header says. */
    private boolean findNetwork() {
        int at = ETHERTYPE;
        int type = number16(at);
        // In bounds: a tag is looked behind only where that is before the TCP header, of which 20 bytes were copied.
        while ((type == TAG || type == SERVICE_TAG) && at + TAG_LENGTH < transport) {
            at += TAG_LENGTH;
            type = number16(at);
        }
        network = at + 2;
        return version6 ? type == IPV6 && isTcpOver6() : type == IPV4 && isTcpOver4();
    }

    private boolean isTcpOver4() {
        if (network + IPV4_LEAST > transport) {
            return false;
        }
        int first = number8(network);
        boolean fragment = (number16(network + IPV4_FRAGMENT) & 0x3fff) != 0;
        return first >>> 4 == 4 && network + 4 * (first & 0xf) == transport && !fragment
                && number8(network + IPV4_PROTOCOL) == TCP;
    }

    private boolean isTcpOver6() {
        int at = network + IPV6_HEADER;
        if (at > transport || number8(network) >>> 4 != 6) {
            return false;
        }
        int next = number8(network + IPV6_NEXT);
        while (at < transport) {
            if (next != HOP_BY_HOP && next != ROUTING && next != DESTINATION_OPTIONS) {
                return false;
            }
            // In bounds: at is before the TCP header, of which 20 bytes were copied. RFC 8200, section 4: eight bytes at least.
            next = number8(at);
            at += 8 * (number8(at + 1) + 1);
        }
        return at == transport && next == TCP;
    }

    public boolean hasNext() {
        return done < payload || segments == 0;
    }

    /** How long the next segment's frame is. */
    public int nextLength() {
        return headers + Math.min(size, payload - done);
    }

    /**
     * Writes the next segment, with all checksums.
     *
     * @param to the address of room for {@link #nextLength} bytes
     */
    public void next(long to) {
        int length = nextLength();
        int chunk = length - headers;
        // In bounds: there is room for headers and chunk at `to`, and the frame has that much left.
        Memory.copy(header, to, headers);
        reader.copy(chunk, to + headers);
        if (version6) {
            putNumber16(to + network + IPV6_LENGTH, length - network - IPV6_HEADER);
        } else {
            putNumber16(to + network + IPV4_LENGTH, length - network);
            putNumber16(to + network + IPV4_ID, number16(network + IPV4_ID) + segments);
            Memory.putShort(to + network + IPV4_CHECKSUM, 0);
            Memory.putShort(to + network + IPV4_CHECKSUM, ~Checksum.fold(Checksum.sum(to + network, transport - network, 0)));
        }
        int sequence = Integer.reverseBytes(Memory.getInt(header + transport + TCP_SEQUENCE)) + done;
        Memory.putInt(to + transport + TCP_SEQUENCE, Integer.reverseBytes(sequence));
        boolean last = done + chunk == payload;
        int flags = number8(transport + TCP_FLAGS) & (done == 0 ? 0xff : ~CWR) & (last ? 0xff : ~(FIN | PSH));
        Memory.putByte(to + transport + TCP_FLAGS, flags);
        Memory.putShort(to + transport + TCP_CHECKSUM, Checksum.fold(pseudo + swapped(length - transport)));
        Checksum.complete(to, length, transport, TCP_CHECKSUM);
        done += chunk;
        segments++;
    }

    // -- the copied headers, big-endian ---------------------------------------------------------

    private int number8(int at) {
        return Memory.getByte(header + at);
    }

    private int number16(int at) {
        return swapped(Memory.getShort(header + at));
    }

    private static void putNumber16(long address, int number) {
        Memory.putShort(address, swapped(number));
    }

    private static int swapped(int number) {
        return Short.reverseBytes((short) number) & 0xffff;
    }
}
