package io.tapwright.vswitch.capture;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSink;
import io.tapwright.model.capture.CaptureSource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * One capture of a port. Nobody wakes its reader, which would cost the worker a system call: the reader looks again after
 * a while, the longer the less there is.
 */
public final class PortCapture implements CaptureSource {

    /** Some milliseconds of frames on a fast network. */
    static final int ROOM = 8 << 20;

    private static final long SHORTEST_PAUSE_NANOS = 100_000;
    private static final long LONGEST_PAUSE_NANOS = 10_000_000;
    private static final int MOST_LOOKS = 10;
    private static final long LONGEST_LOOK_NANOS = 100_000;

    private final Mirrors mirrors;
    private final FrameRing ring;
    /** What System.nanoTime is behind the time of day. */
    private final long epochAhead;
    private volatile String ended;
    private boolean closed;

    PortCapture(Mirrors mirrors, FrameRing ring) {
        this.mirrors = mirrors;
        this.ring = ring;
        epochAhead = epochAhead(InstantSource.system(), System::nanoTime);
    }

    /** Looks at both clocks again, a few times, where the thread had to wait between them. */
    static long epochAhead(InstantSource clock, LongSupplier nanoTime) {
        long ahead = 0;
        long shortest = Long.MAX_VALUE;
        for (int look = 0; look < MOST_LOOKS && shortest > LONGEST_LOOK_NANOS; look++) {
            long before = nanoTime.getAsLong();
            Instant now = clock.instant();
            long took = nanoTime.getAsLong() - before;
            if (took < shortest) {
                shortest = took;
                ahead = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano() - (before + took / 2);
            }
        }
        return ahead;
    }

    FrameRing ring() {
        return ring;
    }

    /** There will be no more frames than there are. Any thread. */
    void end(String reason) {
        ended = reason;
    }

    @Override
    public boolean read(CaptureSink sink, Duration patience) {
        long begun = System.nanoTime();
        for (long pause = SHORTEST_PAUSE_NANOS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS)) {
            // Before the look: what was written before the end is still read.
            String reason = ended;
            if (ring.read((nanoTime, direction, length, bytes) -> sink.frame(nanoTime + epochAhead, direction, length, bytes))) {
                return true;
            }
            if (reason != null) {
                throw new CaptureException(reason);
            }
            long left = patience.toNanos() - (System.nanoTime() - begun);
            if (left <= 0 || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(Math.min(pause, left));
        }
    }

    @Override
    public long frames() {
        return ring.frames();
    }

    @Override
    public long drops() {
        return ring.drops();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            mirrors.remove(this);
            ring.close();
        }
    }
}
