package io.tapwright.agent.capture;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.status.NicStatus;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * One capture, from its source to its reader. What waits for the reader is bounded: where that is slow nothing more is read
 * from the source, which drops and counts. {@link #run} is of the capture's own thread, {@link #stop} for any.
 */
final class Capture {

    private static final int CHUNK = 64 * 1024;
    private static final int MOST_CHUNKS = 8;
    private static final Duration TICK = Duration.ofMillis(200);
    private static final Duration BETWEEN_STATISTICS = Duration.ofSeconds(2);
    /** Longer than the switch takes to say how much was dropped. */
    private static final Duration SETTLING = Duration.ofMillis(300);
    private static final Duration LAST_PATIENCE = Duration.ofSeconds(2);

    private final CaptureRequest request;
    private final NicStatus nic;
    private final CaptureSource source;
    private final HttpServerResponse response;
    private final Semaphore free = new Semaphore(MOST_CHUNKS);
    private final Instant begun = Instant.now();
    private final long deadline;
    private volatile String stopped;
    private long written;
    /** Read from the source, and not written any more. */
    private long late;

    /** @param response which has its headers */
    Capture(CaptureRequest request, NicStatus nic, CaptureSource source, HttpServerResponse response) {
        this.request = request;
        this.nic = nic;
        this.source = source;
        this.response = response;
        deadline = System.nanoTime() + request.atMost().toNanos();
    }

    void stop(String reason) {
        stopped = reason;
    }

    /**
     * Until it is over.
     *
     * @return why it is, and how many frames there were
     */
    String run(String application) throws InterruptedException {
        Buffer head = Buffer.buffer();
        new Pcapng(head).begin(application, nic.tap() == null ? nic.mac() : nic.tap(),
                nic.domain() + " NIC " + nic.mac(), request.snapLength());
        String why = send(head) ? copy() : over();
        Buffer last = Buffer.buffer();
        statistics(last, why);
        // Who has gone, or has not read what there is by then, keeps nobody.
        if (!response.closed() && free.tryAcquire(MOST_CHUNKS, LAST_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            // Only once that is written is it over: whoever stops the agent waits for this thread, and then closes the connection.
            response.end(last).onComplete(done -> free.release());
            free.tryAcquire(LAST_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } else {
            response.reset();
        }
        return "%s; %d frames written, %d dropped".formatted(why, written, dropped());
    }

    private String copy() throws InterruptedException {
        long counted = System.nanoTime();
        while (over() == null) {
            Buffer chunk = Buffer.buffer();
            long before = written;
            String end = fill(chunk);
            if (System.nanoTime() - counted > BETWEEN_STATISTICS.toNanos()) {
                counted = System.nanoTime();
                statistics(chunk, "");
            }
            if (chunk.length() > 0 && !send(chunk)) {
                late += written - before;
                written = before;
            }
            if (end != null) {
                return end;
            }
        }
        if (stopped == null && written < request.packets()) {
            discard();
        }
        return over();
    }

    /** The time is over: what passed before that and has not been read yet comes too late, and is counted as dropped. */
    private void discard() {
        long end = nanos(Instant.now());
        long until = System.nanoTime() + LAST_PATIENCE.toNanos();
        boolean[] behind = {false};
        try {
            boolean more = true;
            while (more && !behind[0] && System.nanoTime() - until < 0) {
                more = source.read((epochNanos, direction, length, bytes) -> {
                    behind[0] = epochNanos > end;
                    late += behind[0] ? 0 : 1;
                }, SETTLING);
            }
        } catch (CaptureException over) {
            // Nothing waits any more.
        }
    }

    private long dropped() {
        return late + source.drops();
    }

    /** @return why there will be no more, or null */
    private String fill(Buffer chunk) {
        Pcapng blocks = new Pcapng(chunk);
        Duration patience = TICK;
        try {
            while (written < request.packets() && chunk.length() < CHUNK && source.read(blocks::frame, patience)) {
                written++;
                patience = Duration.ZERO;
            }
            return null;
        } catch (CaptureException e) {
            return e.getMessage();
        }
    }

    private String over() {
        if (stopped != null) {
            return stopped;
        }
        if (written >= request.packets()) {
            return "as many frames as were asked for";
        }
        return System.nanoTime() - deadline >= 0 ? "as long as was asked for" : null;
    }

    private void statistics(Buffer to, String comment) {
        new Pcapng(to).statistics(nanos(begun), nanos(Instant.now()), written + dropped(), dropped(), comment);
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    /** Waits until the reader has taken enough; false where it came to its end before. */
    private boolean send(Buffer chunk) throws InterruptedException {
        while (!free.tryAcquire(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
            if (stopped != null || System.nanoTime() - deadline >= 0) {
                return false;
            }
        }
        response.write(chunk).onComplete(done -> {
            free.release();
            if (done.failed()) {
                stop("the reader is gone");
            }
        });
        return true;
    }
}
