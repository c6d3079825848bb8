package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.NativeFrames;
import java.util.ArrayList;
import java.util.List;

/** A receiver that keeps what it was sent. */
final class RecordingPort implements Port {

    /** @param address where its first part lay */
    record Sent(byte[] bytes, long address, long offload, int checksumOffset, boolean asItCame) {
    }

    private final int offloads;
    /** The batch that frames come in, to know it from one that was worked on. */
    private final FrameBatch original;
    final List<Sent> sent = new ArrayList<>();
    /** Of all frames that came with one call. */
    int mostBytesAtOnce;

    RecordingPort(int offloads, FrameBatch original) {
        this.offloads = offloads;
        this.original = original;
    }

    @Override
    public void send(FrameBatch batch, int[] picks, int count) {
        int bytes = 0;
        for (int i = 0; i < count; i++) {
            bytes += batch.frames[picks[i]].length;
            Frame frame = batch.frames[picks[i]];
            sent.add(new Sent(NativeFrames.bytes(batch, frame), frame.address, frame.offload, frame.checksumOffset, batch == original));
        }
        mostBytesAtOnce = Math.max(mostBytesAtOnce, bytes);
    }

    @Override
    public int offloads() {
        return offloads;
    }

    List<byte[]> bytes() {
        return sent.stream().map(Sent::bytes).toList();
    }
}
