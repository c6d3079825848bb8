package io.tapwright.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutcomeTest {

    @Test
    void theWorstOfAllDecides() {
        Outcome soon = new Outcome.LookAgain(Duration.ofSeconds(1));
        List<Outcome> rising = List.of(Outcome.DONE, soon, Outcome.WAITING, Outcome.FAILED);
        for (int a = 0; a < rising.size(); a++) {
            for (int b = 0; b < rising.size(); b++) {
                assertThat(rising.get(a).and(rising.get(b))).isEqualTo(rising.get(Math.max(a, b)));
            }
        }
    }

    @Test
    void ofTwoTimesToLookAgainTheEarlierCounts() {
        Outcome soon = new Outcome.LookAgain(Duration.ofSeconds(1));
        Outcome late = new Outcome.LookAgain(Duration.ofSeconds(2));
        assertThat(soon.and(late)).isEqualTo(soon);
        assertThat(late.and(soon)).isEqualTo(soon);
    }
}
