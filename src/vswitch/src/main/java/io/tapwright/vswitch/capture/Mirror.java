package io.tapwright.vswitch.capture;

import io.tapwright.model.capture.Direction;
import io.tapwright.vswitch.frame.FrameBatch;

/** Where a port's frames are copied to while somebody captures them. Immutable; any worker. */
public final class Mirror {

    private final FrameRing[] rings;

    Mirror(FrameRing... rings) {
        this.rings = rings;
    }

    /** All frames of a batch, which the guest has sent. */
    public void sent(FrameBatch batch) {
        long now = System.nanoTime();
        for (FrameRing ring : rings) {
            for (int i = 0; i < batch.count; i++) {
                ring.write(batch, batch.frames[i], Direction.FROM_VM, now);
            }
        }
    }

    /** Those of the picks from {@code from} to before {@code to}, which the guest was given. */
    public void received(FrameBatch batch, int[] picks, int from, int to) {
        long now = System.nanoTime();
        for (FrameRing ring : rings) {
            for (int i = from; i < to; i++) {
                ring.write(batch, batch.frames[picks[i]], Direction.TO_VM, now);
            }
        }
    }
}
