package io.tapwright.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private static final RandomGenerator NEVER = new RandomGenerator() {
        @Override
        public long nextLong() {
            return 0;
        }
    };

    @Test
    void doublesUpToTheCap() {
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1), NEVER);

        assertThat(take(backoff, 6)).extracting(Duration::toMillis).containsExactly(100L, 200L, 400L, 800L, 1000L, 1000L);
        backoff.reset();
        assertThat(backoff.next()).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void chanceShortensByLessThanHalf() {
        Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(1), new Random(1));

        assertThat(take(backoff, 1000)).allSatisfy(
                d -> assertThat(d).isBetween(Duration.ofMillis(500), Duration.ofSeconds(1))).doesNotHaveDuplicates();
    }

    private static List<Duration> take(Backoff backoff, int count) {
        List<Duration> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(backoff.next());
        }
        return all;
    }
}
