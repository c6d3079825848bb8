package io.tapwright.vswitch.virtio;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.Pieces;
import io.tapwright.vswitch.frame.VirtioNetHeader;
import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.Memory;

/**
 * A ring with frames from a guest. The frames are read where they lie: the ring stays locked from {@link #receive} until
 * {@link #giveBack}.
 */
public final class TransmitQueue {

    /** Of a frame that lies in one piece: its header is still to be read. */
    private static final int NOT_READ = 0;

    private final SplitRing ring;
    private int headerLength = VirtioNetHeader.LENGTH;
    private long bad;

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
            if (Descriptor.flags(rest) == 0 && length >= Frame.LEAST && length <= Frame.LONGEST) {
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
            if (batch.pieces.count > FrameBatch.MOST_PARTS - Chain.MOST_PIECES) {
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
                // In bounds: header and frame were translated together.
                frame.readHeader(frame.address);
                frame.readAddresses(frame.address + header);
            }
        }
    }

    private boolean receiveChain(FrameBatch batch, int head) {
        Pieces pieces = batch.pieces;
        int first = pieces.count;
        int length = Chain.read(ring, head, false, pieces) - headerLength;
        if (length < Frame.LEAST || length > Frame.LONGEST) {
            pieces.count = first;
            return false;
        }
        long headers = batch.headers(batch.count);
        // In bounds: the longer header and Frame.LEAST are 26 bytes, of FrameBatch.HEADERS; the chain has at least as many.
        pieces.gather(first, headerLength + Frame.LEAST, headers);
        first = pieces.skip(first, headerLength);
        if (pieces.length[first] < Frame.LEAST) {
            // What has gone to the copy leaves the place of one piece or more, and the copy is there instead.
            first = pieces.skip(first, Frame.LEAST) - 1;
            pieces.address[first] = headers + headerLength;
            pieces.length[first] = Frame.LEAST;
        }
        Frame frame = batch.frames[batch.count++];
        frame.head = head;
        frame.length = length;
        frame.firstPart = first;
        frame.parts = pieces.count - first;
        frame.readHeader(headers);
        frame.readAddresses(pieces.address[first]);
        return true;
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
