package io.tapwright.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private static final Key KEY = new Key.Network("blue");

    private final Backoff backoff = new Backoff(new Random(1));

    @Test
    void doublesFromTheFirstDelayToTheLastWithAQuarterOfJitter() {
        long expected = Backoff.FIRST.toMillis();
        for (int i = 0; i < 100; i++) {
            assertThat(backoff.next(KEY).toMillis()).isBetween(expected * 3 / 4, expected * 5 / 4);
            expected = Math.min(Backoff.LAST.toMillis(), expected * 2);
        }
        assertThat(backoff.failures(KEY)).isEqualTo(100);
    }

    @Test
    void keysThatFailTogetherDoNotComeBackTogether() {
        Set<Duration> delays = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            delays.add(backoff.next(new Key.Network("network-" + i)));
        }
        assertThat(delays).hasSizeGreaterThan(30);
    }

    @Test
    void beginsAnewAfterASuccessAndForEachKeyByItself() {
        backoff.next(KEY);
        backoff.next(KEY);
        assertThat(backoff.next(new Key.Sweep())).isLessThan(Backoff.FIRST.multipliedBy(2));
        backoff.succeeded(KEY);
        assertThat(backoff.failures(KEY)).isZero();
        assertThat(backoff.next(KEY)).isLessThan(Backoff.FIRST.multipliedBy(2));
    }
}
