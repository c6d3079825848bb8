package io.tapwright.control;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Keeps us from fighting over a device: where what was put right is soon wrong again, somebody else means it too, and
 * each of the two would undo the other's work as fast as the kernel can tell. After a few times a device is left alone
 * for a while, ever longer, though never for good.
 *
 * <p>Any worker.
 */
final class Fights {

    /** So often in a row a device is put right at once. */
    private static final int FREE = 10;
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(30);
    /** A device that stood so long, or was not touched so long after a pause, is not fought over. */
    private static final Duration PEACE = Duration.ofSeconds(5);

    private final LongSupplier nanoClock;
    private final Map<Object, Record> records = new ConcurrentHashMap<>();

    /**
     * How often a device was brought to what is {@code wanted}, and until when it is left alone.
     *
     * @param stood whether it was ever seen to be so
     */
    private record Record(Object wanted, int times, long restUntilNanos, boolean stood) {
    }

    Fights(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** How long a device is left alone yet; empty where it may be worked on. Whoever wants something new need not wait. */
    Optional<Duration> pause(Object device, Object wanted) {
        Record record = records.get(device);
        long now = nanoClock.getAsLong();
        return record == null || !record.wanted.equals(wanted) || record.restUntilNanos - now <= 0
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(record.restUntilNanos - now));
    }

    /** The kernel was brought to what is wanted of a device. */
    void broughtAbout(Object device, Object wanted) {
        long now = nanoClock.getAsLong();
        records.compute(device, (d, before) -> {
            boolean sameStory = before != null && before.wanted.equals(wanted) && now - before.restUntilNanos < PEACE.toNanos();
            int times = sameStory ? before.times + 1 : 1;
            boolean stood = before != null && before.wanted.equals(wanted) && before.stood;
            return new Record(wanted, times, now + pauseAfter(times).toNanos(), stood);
        });
    }

    /** A device was seen to be as wanted. */
    void stands(Object device, Object wanted) {
        records.compute(device, (d, before) -> before != null && before.wanted.equals(wanted)
                ? new Record(wanted, before.times, before.restUntilNanos, true)
                : new Record(wanted, 0, nanoClock.getAsLong(), true));
    }

    /**
     * What was wanted of the device last, if it was seen to be so; whatever has to be done to it to have that again is drift.
     * Of one that takes more than one step, the next step is none.
     */
    Optional<Object> stoodAs(Object device) {
        return Optional.ofNullable(records.get(device)).filter(Record::stood).map(Record::wanted);
    }

    /** The device is no more. */
    void forget(Object device) {
        records.remove(device);
    }

    private static Duration pauseAfter(int times) {
        if (times <= FREE) {
            return Duration.ZERO;
        }
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(times - FREE - 1, 16));
        return pause.compareTo(LAST_PAUSE) < 0 ? pause : LAST_PAUSE;
    }
}
