package io.tapwright.hostnet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LatestNewsTest {

    private static final long QUIET = LatestNews.QUIET.toNanos();
    private static final long LONGEST = LatestNews.LONGEST.toNanos();
    /** Near the end of what a long holds, as {@link System#nanoTime} may be. */
    private static final long BEGIN = Long.MAX_VALUE - QUIET / 2;

    private final LatestNews<String> news = new LatestNews<>();

    @Test
    void tellsOnlyTheLastOfEachDevice() {
        news.put(1, "made", BEGIN);
        news.put(2, "other", BEGIN);
        news.put(1, "raised", BEGIN + 1);
        assertThat(news.takeDue(BEGIN + 1 + QUIET)).containsExactly("other", "raised");
        assertThat(news.isEmpty()).isTrue();
        assertThat(news.takeDue(BEGIN + 2 * QUIET)).isEmpty();
    }

    @Test
    void keepsWhatMayNotBeTheLastYet() {
        news.put(1, "made", BEGIN);
        news.put(2, "other", BEGIN + 2);
        assertThat(news.takeDue(BEGIN + QUIET - 1)).isEmpty();
        assertThat(news.takeDue(BEGIN + QUIET + 1)).containsExactly("made");
        assertThat(news.of(1)).isNull();
        assertThat(news.of(2)).isEqualTo("other");
        assertThat(news.isEmpty()).isFalse();
    }

    @Test
    void doesNotWaitForEverForADeviceThatNeverStandsStill() {
        long now = BEGIN;
        while (now - BEGIN < LONGEST) {
            news.put(1, "at " + (now - BEGIN), now);
            assertThat(news.takeDue(now)).isEmpty();
            now += QUIET / 2;
        }
        assertThat(news.takeDue(now)).containsExactly("at " + (LONGEST - QUIET / 2));
    }
}
