package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.forward.Worker;
import io.tapwright.vswitch.forward.Workers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Sends frames between two guests that there are not, for some seconds, so that the JVM has compiled what a frame passes
 * before a guest's first one comes: interpreted, that takes it a third of a millisecond, and some milliseconds while it is
 * being compiled. All of it is the real thing but the guests; nothing is shared with the real ones' switch.
 *
 * <p>A thread of its own and a worker of its own, which end with it.
 */
public final class Rehearsal {

    private static final long POLL_NANOS = 50_000;
    /** So long that the worker sleeps. */
    private static final long PAUSE_NANOS = 2 * POLL_NANOS;
    private static final int BURST = 16;

    /**
     * What a frame is like.
     *
     * @param length of it, in bytes
     * @param first  so much of it lies in its first buffer
     */
    private record Kind(int length, int first) {
    }

    /** Copied in a loop, copied as a whole, and in several pieces on both sides. */
    private static final List<Kind> KINDS = List.of(new Kind(64, 64), new Kind(1500, 1500), new Kind(3000, 1000));

    private Rehearsal() {
    }

    /**
     * Begins.
     *
     * @param onFailure hears of what should not happen
     */
    public static void start(Duration duration, Consumer<Throwable> onFailure) {
        Thread.ofPlatform().daemon().name("switch-rehearsal").start(() -> {
            try {
                var unused = run(duration, onFailure);
            } catch (RuntimeException | Error e) {
                onFailure.accept(e);
            }
        });
    }

    /** @return how many frames have arrived */
    static long run(Duration duration, Consumer<Throwable> onFailure) {
        long frames = 0;
        Segment segment = new Segment("rehearsal");
        try (Worker worker = new Worker("switch-rehearsal-worker", POLL_NANOS, () -> { }, onFailure)) {
            worker.start();
            Switchboard board = new Switchboard(new Workers(List.of(worker)));
            // One with the event index and one without: what is never seen is not compiled.
            try (SimulatedGuest one = new SimulatedGuest(segment, board, 1, Features.EVENT_INDEX);
                    SimulatedGuest other = new SimulatedGuest(segment, board, 2, 0)) {
                long end = System.nanoTime() + duration.toNanos();
                for (int round = 0; System.nanoTime() < end; round++) {
                    Kind kind = KINDS.get(round % KINDS.size());
                    frames += pass(one, other, kind, BURST) + pass(other, one, kind, BURST);
                    LockSupport.parkNanos(PAUSE_NANOS);
                    frames += pass(one, other, kind, 1);
                    LockSupport.parkNanos(PAUSE_NANOS);
                    frames += pass(other, one, kind, 1);
                }
            }
        }
        return frames;
    }

    private static int pass(SimulatedGuest from, SimulatedGuest to, Kind kind, int count) {
        from.send(to, kind.length, kind.first, count);
        to.receive(count * SimulatedGuest.buffersFor(kind.length));
        from.awaitSent();
        return count;
    }
}
