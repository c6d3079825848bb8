package io.tapwright.model.capture;

import java.time.Duration;

/**
 * Frames of one NIC, both ways, from the moment at which this was opened. What nobody reads in time is dropped and counted,
 * so that whoever reads slowly delays no traffic.
 *
 * <p>One thread.
 */
public interface CaptureSource extends AutoCloseable {

    /**
     * Hands over the next frame, if there is one within {@code patience}.
     *
     * @return whether there was
     * @throws CaptureException where there will be no more
     */
    boolean read(CaptureSink sink, Duration patience);

    /** How many have passed so far, those that were dropped among them. */
    long frames();

    /** How many of them were dropped. */
    long drops();

    @Override
    void close();
}
