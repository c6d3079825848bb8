package io.tapwright.vswitch.virtio;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.Pieces;
import io.tapwright.vswitch.frame.VirtioNetHeader;
import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A ring with room for frames that a guest is to have. */
public final class ReceiveQueue {

    /** Heads that lead nowhere are returned at most so many for one frame: the worker has other guests too. */
    private static final int MOST_BAD = 8;

    /** What became of a frame that no single descriptor has room for. */
    private enum Outcome {
        SENT,
        /** The buffer that comes next is too small for it, and it may not have several; the next frame may fit. */
        TOO_LONG,
        /** There are no buffers for it. */
        NO_ROOM
    }

    /** One a thread, not one a queue: nothing in it outlives a frame, and queues are many. */
    private static final ThreadLocal<Spread> SPREAD = ThreadLocal.withInitial(Spread::new);

    private final SplitRing ring;
    /** Where frames go that single descriptors have room for, and the heads of these. */
    private final long[] wholeAddress = new long[FrameBatch.CAPACITY];
    private final int[] wholeHead = new int[FrameBatch.CAPACITY];
    private int headerLength = VirtioNetHeader.LENGTH;
    private boolean mergeable = true;
    /** Of the last frame that was tried. */
    private Outcome outcome = Outcome.SENT;
    private long bad;
    private long bytes;

    /** Where a frame goes that no single descriptor has room for. */
    private static final class Spread {
        static final int CAPACITY = 2 * Chain.MOST_PIECES;
        /** Of all its buffers, one after the other. */
        final Pieces pieces = new Pieces(CAPACITY);
        final int[] bufferHead = new int[CAPACITY];
        final int[] bufferLength = new int[CAPACITY];
        int buffers;
        /** For a header that may have to be written in pieces. */
        final MemorySegment header = Arena.ofAuto().allocate(16, 16);
        /** Where the next byte goes: the piece, and how far it is filled. */
        int piece;
        int used;

        void clear() {
            pieces.count = 0;
            buffers = 0;
            piece = 0;
            used = 0;
        }
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
     * @param from  the first of the picks that is to be sent
     * @return the first of the picks that was not; {@code count} where all were
     */
    public int send(FrameBatch batch, int[] picks, int from, int count) {
        outcome = Outcome.SENT;
        int next = from;
        while (next < count && ring.isUsable()) {
            int whole = findWhole(batch, picks, next, count);
            // Told apart here, so that the JIT knows sendWhole with frames only.
            if (whole > 0) {
                sendWhole(batch, picks, next, whole);
                next += whole;
                continue;
            }
            if (!ring.isUsable()) {
                // It was found broken just now.
                break;
            }
            outcome = sendSpread(batch, batch.frames[picks[next]]);
            if (outcome != Outcome.SENT) {
                break;
            }
            bytes += batch.frames[picks[next]].length;
            next++;
        }
        return next;
    }

    /** Whether the frame with which {@link #send} ended is one that the guest can't take, which says nothing of those after it. */
    public boolean isTooLong() {
        return outcome == Outcome.TOO_LONG;
    }

    /**
     * Looks how many frames lie in one piece each, and have a buffer that has room for all of it. That is the first of three
     * passes, for the same reason as in {@link TransmitQueue#receive}: descriptors, bytes, used heads.
     */
    private int findWhole(FrameBatch batch, int[] picks, int from, int count) {
        int header = headerLength;
        int ready = ring.waiting(count - from);
        int found = 0;
        for (; found < ready; found++) {
            Frame frame = batch.frames[picks[from + found]];
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
        return found;
    }

    /** Sends so many, which were found. */
    private void sendWhole(FrameBatch batch, int[] picks, int from, int found) {
        int header = headerLength;
        long sum = 0;
        for (int i = 0; i < found; i++) {
            Frame frame = batch.frames[picks[from + i]];
            long to = wholeAddress[i];
            // In bounds: header and frame have as many bytes together as were translated.
            writeHeader(to, frame, 1);
            Memory.copy(frame.address, to + header, frame.length);
            sum += frame.length;
        }
        for (int i = 0; i < found; i++) {
            ring.giveBack(wholeHead[i], header + batch.frames[picks[from + i]].length);
        }
        if (ring.log().isOn()) {
            for (int i = 0; i < found; i++) {
                ring.log().written(wholeAddress[i], header + batch.frames[picks[from + i]].length, ring.memory());
            }
        }
        ring.take(found);
        bytes += sum;
    }

    private void writeHeader(long to, Frame frame, int buffers) {
        Memory.putLong(to, frame.offload);
        Memory.putShort(to + VirtioNetHeader.CHECKSUM_OFFSET, frame.checksumOffset);
        if (headerLength == VirtioNetHeader.LENGTH) {
            Memory.putShort(to + VirtioNetHeader.BUFFERS, buffers);
        }
    }

    /** A frame that has parts, or that goes to buffers that have, or to several. */
    private Outcome sendSpread(FrameBatch batch, Frame frame) {
        Spread spread = SPREAD.get();
        spread.clear();
        int wanted = headerLength + frame.length;
        int room = 0;
        int dropped = 0;
        while (room < wanted) {
            if (ring.waiting(spread.buffers + 1) <= spread.buffers || spread.pieces.count > Spread.CAPACITY - Chain.MOST_PIECES) {
                return Outcome.NO_ROOM;
            }
            int head = ring.head(spread.buffers);
            if (head >= ring.size()) {
                ring.breakDown("the available head " + head + " is beyond the ring of " + ring.size());
                return Outcome.NO_ROOM;
            }
            int total = Chain.read(ring, head, true, spread.pieces);
            spread.bufferHead[spread.buffers++] = head;
            if (total < headerLength) {
                // It goes back with nothing, after those that came before it, and the frame has the next ones.
                dropped += spread.buffers;
                drop(spread);
                if (dropped >= MOST_BAD) {
                    return Outcome.NO_ROOM;
                }
                room = 0;
                continue;
            }
            if (total < wanted && !mergeable) {
                return Outcome.TOO_LONG;
            }
            spread.bufferLength[spread.buffers - 1] = Math.min(total, wanted - room);
            room += Math.min(total, wanted - room);
        }
        fill(spread, batch, frame);
        for (int i = 0; i < spread.buffers; i++) {
            ring.giveBack(spread.bufferHead[i], spread.bufferLength[i]);
        }
        ring.take(spread.buffers);
        return Outcome.SENT;
    }

    /** Returns the buffers found so far with nothing in them, the last of which leads nowhere: it must not stop the queue for ever. */
    private void drop(Spread spread) {
        for (int i = 0; i < spread.buffers; i++) {
            ring.giveBack(spread.bufferHead[i], 0);
        }
        ring.take(spread.buffers);
        bad++;
        spread.clear();
    }

    private void fill(Spread spread, FrameBatch batch, Frame frame) {
        // The header may be in pieces itself.
        long header = spread.header.address();
        writeHeader(header, frame, spread.buffers);
        put(spread, header, headerLength);
        if (frame.parts == 1) {
            put(spread, frame.address, frame.length);
            return;
        }
        for (int i = frame.firstPart; i < frame.firstPart + frame.parts; i++) {
            put(spread, batch.pieces.address[i], batch.pieces.length[i]);
        }
    }

    /** Appends bytes to the pieces, which have room for them: `room` was at least `wanted`. */
    private void put(Spread spread, long from, int length) {
        Pieces to = spread.pieces;
        int done = 0;
        while (done < length) {
            int some = Math.min(to.length[spread.piece] - spread.used, length - done);
            Memory.copy(from + done, to.address[spread.piece] + spread.used, some);
            if (ring.log().isOn()) {
                ring.log().written(to.address[spread.piece] + spread.used, some, ring.memory());
            }
            done += some;
            spread.used += some;
            if (spread.used == to.length[spread.piece]) {
                spread.piece++;
                spread.used = 0;
            }
        }
    }
}
