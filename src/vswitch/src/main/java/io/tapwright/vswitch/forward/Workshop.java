package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.frame.Checksum;
import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.FrameReader;
import io.tapwright.vswitch.frame.Segmenter;
import io.tapwright.vswitch.frame.VirtioNetHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Does to frames what their receiver has not agreed to do: fills in checksums, cuts segments. Frames that need nothing go
 * with the others, in the order they came. One worker's.
 */
final class Workshop {

    private static final int ALIGNMENT = 64;
    /** What a batch of common segments needs, and two frames of any length; a batch ends with it. */
    static final int ROOM = 2 * (Frame.LONGEST + ALIGNMENT - 1 & -ALIGNMENT);

    private final MemorySegment room = Arena.ofAuto().allocate(ROOM, ALIGNMENT);
    private final FrameBatch done = new FrameBatch();
    private final int[] all = new int[FrameBatch.CAPACITY];
    private final Segmenter segmenter = new Segmenter();
    private final FrameReader reader = new FrameReader();
    private int used;

    Workshop() {
        for (int i = 0; i < all.length; i++) {
            all[i] = i;
        }
    }

    /**
     * Sends frames of a batch to a port.
     *
     * @param picks   which of the batch, in order
     * @param wanted  by number of the frame: what it asks for, {@link Offloads}
     * @param lacking what the port does not do
     * @return how many frames could not be worked on, for what they say of themselves is wrong
     */
    int send(Port port, FrameBatch batch, int[] picks, int count, int[] wanted, int lacking) {
        int invalid = 0;
        // There may be something left of a batch that ended with a fault.
        done.clear();
        used = 0;
        for (int i = 0; i < count; i++) {
            Frame frame = batch.frames[picks[i]];
            int toDo = wanted[picks[i]] & lacking;
            if (toDo == 0) {
                refer(port, batch, frame);
            } else if ((VirtioNetHeader.flags(frame.offload) & VirtioNetHeader.NEEDS_CHECKSUM) == 0) {
                // Its checksum is there and is said to be valid, which is all that the port is not told.
                Frame copy = refer(port, batch, frame);
                copy.offload = 0;
                copy.checksumOffset = 0;
            } else if (VirtioNetHeader.segmentation(frame.offload) == VirtioNetHeader.NO_SEGMENTS) {
                complete(port, batch, frame);
            } else if (segmenter.begin(batch, frame)) {
                segment(port, frame);
            } else {
                invalid++;
            }
        }
        flush(port);
        return invalid;
    }

    /** Has the frame sent from where it lies; returns its slot. */
    private Frame refer(Port port, FrameBatch batch, Frame frame) {
        Frame copy = slot(port, 0);
        copy.address = frame.address;
        copy.length = frame.length;
        copy.offload = frame.offload;
        copy.checksumOffset = frame.checksumOffset;
        copy.destination = frame.destination;
        copy.source = frame.source;
        copy.parts = frame.parts;
        copy.firstPart = done.pieces.count;
        if (frame.parts > 1) {
            // In bounds: parts of distinct frames of one batch, for which there are as many slots.
            System.arraycopy(batch.pieces.address, frame.firstPart, done.pieces.address, done.pieces.count, frame.parts);
            System.arraycopy(batch.pieces.length, frame.firstPart, done.pieces.length, done.pieces.count, frame.parts);
            done.pieces.count += frame.parts;
        }
        return copy;
    }

    private void complete(Port port, FrameBatch batch, Frame frame) {
        Frame copy = slot(port, frame.length);
        long to = take(copy, frame, frame.length);
        reader.begin(batch, frame);
        // In bounds: the slot has room for the frame; Offloads.wantedBy has checked where its checksum is.
        reader.copy(frame.length, to);
        Checksum.complete(to, frame.length, VirtioNetHeader.checksumStart(frame.offload), frame.checksumOffset);
    }

    private void segment(Port port, Frame frame) {
        while (segmenter.hasNext()) {
            int length = segmenter.nextLength();
            Frame segment = slot(port, length);
            segmenter.next(take(segment, frame, length));
        }
    }

    /** A free slot of the batch, with room for {@code bytes}; sends what there is if it has to. */
    private Frame slot(Port port, int bytes) {
        if (done.count == FrameBatch.CAPACITY || used + bytes > ROOM) {
            flush(port);
        }
        return done.frames[done.count++];
    }

    /** Gives a slot its room, for a frame that comes of another and asks for nothing any more. */
    private long take(Frame slot, Frame of, int length) {
        slot.address = room.address() + used;
        slot.length = length;
        slot.offload = 0;
        slot.checksumOffset = 0;
        slot.destination = of.destination;
        slot.source = of.source;
        slot.parts = 1;
        used += length + ALIGNMENT - 1 & -ALIGNMENT;
        return slot.address;
    }

    private void flush(Port port) {
        if (done.count > 0) {
            port.send(done, all, done.count);
        }
        done.clear();
        used = 0;
    }
}
