package io.tapwright.vswitch.frame;

import io.tapwright.vswitch.memory.Memory;

/** Copies a frame out of its parts, piece by piece from its begin on. One worker's. */
public final class FrameReader {

    private FrameBatch batch;
    private int part;
    private long address;
    /** Of the present part. */
    private int left;

    public void begin(FrameBatch batch, Frame frame) {
        this.batch = batch;
        part = frame.firstPart;
        address = frame.parts == 1 ? frame.address : batch.pieces.address[part];
        left = frame.parts == 1 ? frame.length : batch.pieces.length[part];
    }

    /** The next bytes, of which the frame has at least as many left. */
    public void copy(int count, long to) {
        int done = 0;
        while (done < count) {
            if (left == 0) {
                part++;
                address = batch.pieces.address[part];
                left = batch.pieces.length[part];
            }
            int bytes = Math.min(left, count - done);
            // In bounds: a frame's parts are as long together as the frame.
            Memory.copy(address, to + done, bytes);
            address += bytes;
            left -= bytes;
            done += bytes;
        }
    }
}
