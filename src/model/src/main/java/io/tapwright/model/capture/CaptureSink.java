package io.tapwright.model.capture;

import java.nio.ByteBuffer;

/** Takes frames. */
public interface CaptureSink {

    /**
     * A frame that passed.
     *
     * @param epochNanos when, in nanoseconds since 1970-01-01 UTC
     * @param length     of the frame in bytes, from its Ethernet header on
     * @param bytes      its begin, or all of it; valid until this returns
     */
    void frame(long epochNanos, Direction direction, int length, ByteBuffer bytes);
}
