package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.frame.FrameBatch;

/** What frames can be sent to. */
public interface Port {

    /**
     * Sends frames of a batch; those it can't take are counted as dropped. Any worker.
     *
     * @param picks which of the batch, in order
     */
    void send(FrameBatch batch, int[] picks, int count);

    /** What a receiver has agreed to do itself: bits of {@link Offloads}. Any thread. */
    int offloads();
}
