package io.tapwright.vswitch.virtio;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.VirtioNetHeader;
import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A ring with room for frames that a guest is to have. */
public final class ReceiveQueue {

    private static final int MOST_PARTS = 2 * Chain.MOST_PARTS;
    /** Heads that lead nowhere are returned at most so many for one frame: the worker has other guests too. */
    private static final int MOST_BAD = 8;

    private final SplitRing ring;
    /** Where frames go that single descriptors have room for, and the heads of these. */
    private final long[] wholeAddress = new long[FrameBatch.CAPACITY];
    private final int[] wholeHead = new int[FrameBatch.CAPACITY];
    /** Made for the first frame that needs it. */
    private Spread spread;
    private int headerLength = VirtioNetHeader.LENGTH;
    private boolean mergeable = true;
    private long bad;
    private long bytes;

    /** Where a frame goes that no single descriptor has room for. */
    private static final class Spread {
        final Chain chain = new Chain();
        /** The parts of all its buffers, one after the other. */
        final long[] partAddress = new long[MOST_PARTS];
        final int[] partLength = new int[MOST_PARTS];
        final int[] bufferHead = new int[MOST_PARTS];
        final int[] bufferLength = new int[MOST_PARTS];
        /** For a header that may have to be written in pieces. */
        final MemorySegment header = Arena.ofAuto().allocate(16, 16);
        /** Where the next byte goes: the part, and how far it is filled. */
        int part;
        int partUsed;
    }

    public ReceiveQueue(SplitRing ring) {
        this.ring = ring;
    }

    public SplitRing ring() {
        return ring;
    }

    /**
     * What was agreed on.
     *
     * @param mergeable a frame may be spread over several heads (VIRTIO_NET_F_MRG_RXBUF)
     */
    public void agree(int headerLength, boolean mergeable) {
        this.headerLength = headerLength;
        this.mergeable = mergeable;
    }

    /** How many heads were returned empty, for they led to no buffer. */
    public long bad() {
        return bad;
    }

    /** How many bytes the guest was given, without the headers. */
    public long bytes() {
        return bytes;
    }

    /**
     * Copies frames into the guest's buffers and publishes nothing yet; the ring is locked and usable.
     *
     * @param picks which of the batch, in order
     * @return how many of the first there was room for
     */
    public int send(FrameBatch batch, int[] picks, int count) {
        int sent = sendWhole(batch, picks, count);
        while (sent < count && ring.isUsable() && sendSpread(batch, batch.frames[picks[sent]])) {
            bytes += batch.frames[picks[sent]].length;
            sent++;
        }
        return sent;
    }

    /**
     * Sends as long as each frame lies in one piece and the next buffer has room for it. In three passes, for the same
     * reason as {@link TransmitQueue#receive}: descriptors, bytes, used heads.
     */
    private int sendWhole(FrameBatch batch, int[] picks, int count) {
        int header = headerLength;
        int ready = ring.waiting(count);
        int found = 0;
        for (; found < ready; found++) {
            Frame frame = batch.frames[picks[found]];
            int head = ring.head(found);
            if (head >= ring.size() || frame.parts != 1) {
                break;
            }
            // In bounds: head is below the ring's size. Each half is read once.
            long descriptor = ring.descriptor(head);
            long buffer = Memory.getLong(descriptor);
            long rest = Memory.getLong(descriptor + Descriptor.REST);
            int length = header + frame.length;
            if (Descriptor.flags(rest) != Descriptor.WRITE || Integer.compareUnsigned(Descriptor.length(rest), length) < 0) {
                break;
            }
            long to = ring.translate(buffer, length);
            if (to == GuestMemory.NOWHERE) {
                break;
            }
            wholeAddress[found] = to;
            wholeHead[found] = head;
        }
        long sum = 0;
        for (int i = 0; i < found; i++) {
            Frame frame = batch.frames[picks[i]];
            long to = wholeAddress[i];
            // In bounds: header and frame have as many bytes together as were translated.
            writeHeader(to, frame, 1);
            Memory.copy(frame.address, to + header, frame.length);
            sum += frame.length;
        }
        for (int i = 0; i < found; i++) {
            ring.giveBack(wholeHead[i], header + batch.frames[picks[i]].length);
        }
        if (ring.log().isOn()) {
            for (int i = 0; i < found; i++) {
                ring.log().written(wholeAddress[i], header + batch.frames[picks[i]].length, ring.memory());
            }
        }
        ring.take(found);
        bytes += sum;
        return found;
    }

    private void writeHeader(long to, Frame frame, int buffers) {
        Memory.putLong(to, frame.offload);
        Memory.putShort(to + VirtioNetHeader.CHECKSUM_OFFSET, frame.checksumOffset);
        if (headerLength == VirtioNetHeader.LENGTH) {
            Memory.putShort(to + VirtioNetHeader.BUFFERS, buffers);
        }
    }

    /** A frame that has parts, or that goes to buffers that have, or to several. */
    private boolean sendSpread(FrameBatch batch, Frame frame) {
        if (spread == null) {
            spread = new Spread();
        }
        Chain chain = spread.chain;
        int wanted = headerLength + frame.length;
        int buffers = 0;
        int parts = 0;
        int room = 0;
        int looked = 0;
        int dropped = 0;
        while (room < wanted) {
            if (dropped == MOST_BAD || ring.waiting(looked + 1) <= looked || buffers > 0 && !mergeable) {
                return false;
            }
            int head = ring.head(looked);
            if (head >= ring.size()) {
                ring.breakDown("the available head " + head + " is beyond the ring of " + ring.size());
                return false;
            }
            if (chain.read(ring, head, true) != null || chain.total < headerLength) {
                if (looked > 0) {
                    // What came before it is for the next try, which finds this one first.
                    return dropAfter(looked);
                }
                ring.giveBack(head, 0);
                ring.take(1);
                bad++;
                dropped++;
                continue;
            }
            if (chain.total < wanted && !mergeable) {
                // Too small for this frame; the next may fit.
                return false;
            }
            if (parts + chain.parts > MOST_PARTS) {
                return false;
            }
            System.arraycopy(chain.address, 0, spread.partAddress, parts, chain.parts);
            System.arraycopy(chain.length, 0, spread.partLength, parts, chain.parts);
            parts += chain.parts;
            spread.bufferHead[buffers] = head;
            spread.bufferLength[buffers] = Math.min(chain.total, wanted - room);
            room += spread.bufferLength[buffers];
            buffers++;
            looked++;
        }
        fill(batch, frame, buffers);
        for (int i = 0; i < buffers; i++) {
            ring.giveBack(spread.bufferHead[i], spread.bufferLength[i]);
        }
        ring.take(looked);
        return true;
    }

    /** Returns the heads up to and with one that leads nowhere, so that it does not stop the queue for ever. */
    private boolean dropAfter(int looked) {
        for (int i = 0; i <= looked; i++) {
            ring.giveBack(ring.head(i), 0);
        }
        ring.take(looked + 1);
        bad++;
        return false;
    }

    private void fill(FrameBatch batch, Frame frame, int buffers) {
        spread.part = 0;
        spread.partUsed = 0;
        // The header may be in parts itself.
        long header = spread.header.address();
        writeHeader(header, frame, buffers);
        put(header, headerLength);
        if (frame.parts == 1) {
            put(frame.address, frame.length);
            return;
        }
        for (int i = frame.firstPart; i < frame.firstPart + frame.parts; i++) {
            put(batch.partAddress[i], batch.partLength[i]);
        }
    }

    /** Appends bytes to the parts, which have room for them: `room` was at least `wanted`. */
    private void put(long from, int length) {
        int done = 0;
        while (done < length) {
            int bytes = Math.min(spread.partLength[spread.part] - spread.partUsed, length - done);
            Memory.copy(from + done, spread.partAddress[spread.part] + spread.partUsed, bytes);
            if (ring.log().isOn()) {
                ring.log().written(spread.partAddress[spread.part] + spread.partUsed, bytes, ring.memory());
            }
            done += bytes;
            spread.partUsed += bytes;
            if (spread.partUsed == spread.partLength[spread.part]) {
                spread.part++;
                spread.partUsed = 0;
            }
        }
    }
}
