package io.tapwright.testkit.lab;

import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Waits for a condition, never for a time. */
public final class Await {

    private static final Duration STEP = Duration.ofMillis(50);

    private Await() {
    }

    /** Asks until the answer is accepted; an {@link AssertionError} with the last answer when the time is up. */
    public static <T> T until(String what, Duration atMost, Supplier<T> ask, Predicate<T> accepted) {
        long end = System.nanoTime() + atMost.toNanos();
        while (true) {
            T answer = ask.get();
            if (accepted.test(answer)) {
                return answer;
            }
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("not within " + atMost.toMillis() + " ms: " + what + "; last seen: " + answer);
            }
            try {
                Thread.sleep(STEP);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while waiting for: " + what, e);
            }
        }
    }
}
