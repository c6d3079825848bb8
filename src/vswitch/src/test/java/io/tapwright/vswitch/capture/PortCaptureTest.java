package io.tapwright.vswitch.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class PortCaptureTest {

    private static final long AHEAD = 1_700_000_000_000_000_000L;

    private long nanoTime = 5_000_000_000L;
    /** What passes between one look at a clock and the next, for those that are to come. */
    private long[] pauses = {};
    private int looks;

    private long nanoTime() {
        nanoTime += looks < pauses.length ? pauses[looks] : 1000;
        looks++;
        return nanoTime;
    }

    private Instant now() {
        return Instant.ofEpochSecond(0, AHEAD + nanoTime());
    }

    private long ahead() {
        return PortCapture.epochAhead(this::now, this::nanoTime);
    }

    @Test
    void theTimeOfDayIsToldToTheMicrosecond() {
        assertThat(ahead()).isEqualTo(AHEAD);
        assertThat(looks).isEqualTo(3);
    }

    @Test
    void aThreadThatHadToWaitBetweenTheClocksLooksAgain() {
        pauses = new long[] {0, 0, 50_000_000, 0, 30_000_000};
        assertThat(ahead()).isEqualTo(AHEAD);
        assertThat(looks).isEqualTo(9);
    }

    @Test
    void whereItHasToWaitEachTimeTheShortestWaitIsTaken() {
        pauses = new long[100];
        for (int i = 0; i < 100; i++) {
            pauses[i] = i % 3 == 0 ? 0 : i == 13 || i == 14 ? 150_000 : 20_000_000 + i;
        }
        assertThat(ahead()).isEqualTo(AHEAD);
        assertThat(looks).as("and not for ever").isEqualTo(30);
    }
}
