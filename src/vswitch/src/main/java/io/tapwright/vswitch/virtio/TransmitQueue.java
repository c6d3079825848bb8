package io.tapwright.vswitch.virtio;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.VirtioNetHeader;
import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A ring with frames from a guest. The frames are read where they lie: the ring stays locked from {@link #receive} until
 * {@link #giveBack}.
 */
public final class TransmitQueue {

    /** The longest frame: 64 KB of segments below an Ethernet header with two VLAN tags. */
    public static final int LONGEST = 65535 + Frame.LEAST + 8;

    /** Of a frame that lies in one piece: its header is still to be read. */
    private static final int NOT_READ = 0;

    private final SplitRing ring;
    /** Made for the first chain that comes, since most guests' queues never see one. */
    private Pieces pieces;
    private int headerLength = VirtioNetHeader.LENGTH;
    /** Heads that held no frame, since the last time somebody asked. */
    private long bad;

    /** What it takes to put together a frame that comes in pieces. */
    private static final class Pieces {
        final Chain chain = new Chain();
        /** Room for an Ethernet header of every frame in a batch. */
        final MemorySegment headers = Arena.ofAuto().allocate(16L * FrameBatch.CAPACITY, 16);
        /** And for a virtio header. */
        final MemorySegment scratch = Arena.ofAuto().allocate(16, 16);
    }

    public TransmitQueue(SplitRing ring) {
        this.ring = ring;
    }

    public SplitRing ring() {
        return ring;
    }

    /** @param length of the header before every frame, {@link VirtioNetHeader#LENGTH} or the shorter one */
    public void headerLength(int length) {
        headerLength = length;
    }

    /** How many heads were returned unread, for what they led to was no frame. */
    public long bad() {
        return bad;
    }

    /**
     * Adds what the guest has sent to an empty batch; the ring is locked and usable.
     *
     * <p>Two passes, descriptors first: what the second reads lies in another core's cache as a rule, and without anything
     * in between the processor waits for many lines at a time.
     */
    public void receive(FrameBatch batch) {
        int ready = ring.waiting(FrameBatch.CAPACITY);
        int header = headerLength;
        int taken = 0;
        for (; taken < ready; taken++) {
            int head = ring.head(taken);
            if (head >= ring.size()) {
                ring.breakDown("the available head " + head + " is beyond the ring of " + ring.size());
                break;
            }
            // In bounds: head is below the ring's size. Each half is read once.
            long descriptor = ring.descriptor(head);
            long buffer = Memory.getLong(descriptor);
            long rest = Memory.getLong(descriptor + Descriptor.REST);
            int length = Descriptor.length(rest) - header;
            if (Descriptor.flags(rest) == 0 && length >= Frame.LEAST && length <= LONGEST) {
                long address = ring.translate(buffer, length + header);
                if (address != GuestMemory.NOWHERE) {
                    Frame frame = batch.frames[batch.count++];
                    frame.head = head;
                    frame.length = length;
                    frame.address = address;
                    frame.parts = NOT_READ;
                    continue;
                }
            }
            if (batch.parts > FrameBatch.MOST_PARTS - Chain.MOST_PARTS - 1) {
                break;
            }
            if (!receiveChain(batch, head)) {
                if (batch.count > 0) {
                    // It goes back after those that came before it.
                    break;
                }
                ring.giveBack(head, 0);
                bad++;
            }
        }
        ring.take(taken);
        for (int i = 0; i < batch.count; i++) {
            Frame frame = batch.frames[i];
            if (frame.parts == NOT_READ) {
                frame.parts = 1;
                readHeader(frame, frame.address);
                readAddresses(frame, frame.address + header);
            }
        }
    }

    private boolean receiveChain(FrameBatch batch, int head) {
        if (pieces == null) {
            pieces = new Pieces();
        }
        Chain chain = pieces.chain;
        if (chain.read(ring, head, false) != null) {
            return false;
        }
        int length = chain.total - headerLength;
        if (length < Frame.LEAST || length > LONGEST) {
            return false;
        }
        Frame frame = batch.frames[batch.count];
        frame.head = head;
        frame.length = length;
        // In bounds: the scratch has 16 bytes, the header at most 12; a batch has as many slots as `headers`.
        gather(chain, 0, headerLength, pieces.scratch.address());
        readHeader(frame, pieces.scratch.address());
        int first = batch.parts;
        int skip = headerLength;
        int part = 0;
        while (chain.length[part] <= skip) {
            skip -= chain.length[part++];
        }
        if (chain.length[part] - skip < Frame.LEAST) {
            long header = pieces.headers.address() + 16L * batch.count;
            gather(chain, headerLength, Frame.LEAST, header);
            add(batch, header, Frame.LEAST);
            skip += Frame.LEAST;
            while (part < chain.parts && chain.length[part] <= skip) {
                skip -= chain.length[part++];
            }
        }
        for (; part < chain.parts; part++) {
            add(batch, chain.address[part] + skip, chain.length[part] - skip);
            skip = 0;
        }
        frame.firstPart = first;
        frame.parts = batch.parts - first;
        readAddresses(frame, batch.partAddress[first]);
        batch.count++;
        return true;
    }

    private static void add(FrameBatch batch, long address, int length) {
        batch.partAddress[batch.parts] = address;
        batch.partLength[batch.parts++] = length;
    }

    /** Copies {@code count} bytes of the chain, which has that many after {@code skip}. */
    private static void gather(Chain chain, int skip, int count, long to) {
        int before = skip;
        int copied = 0;
        for (int part = 0; copied < count; part++) {
            int bytes = Math.min(chain.length[part] - before, count - copied);
            if (bytes > 0) {
                Memory.copy(chain.address[part] + before, to + copied, bytes);
                copied += bytes;
                before = 0;
            } else {
                before -= chain.length[part];
            }
        }
    }

    private static void readHeader(Frame frame, long address) {
        // In bounds: the header, of at least ten bytes, was translated with the frame, or gathered.
        frame.offload = Memory.getLong(address);
        frame.checksumOffset = Memory.getShort(address + VirtioNetHeader.CHECKSUM_OFFSET);
    }

    private static void readAddresses(Frame frame, long address) {
        // In bounds: the first part has at least Frame.LEAST bytes, of which the last that is read is the twelfth.
        frame.address = address;
        frame.destination = Memory.getLong(address) & 0xffff_ffff_ffffL;
        frame.source = Memory.getLong(address + 4) >>> 16;
    }

    /**
     * Returns the frames' buffers to the guest and publishes.
     *
     * @return whether the guest wants to be called
     */
    public boolean giveBack(FrameBatch batch) {
        for (int i = 0; i < batch.count; i++) {
            ring.giveBack(batch.frames[i].head, 0);
        }
        return ring.publish();
    }
}
