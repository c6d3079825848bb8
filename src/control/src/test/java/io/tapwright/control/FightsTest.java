package io.tapwright.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FightsTest {

    private final HandClock clock = new HandClock();
    private final Fights fights = new Fights(clock);

    private void bringAboutTimes(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(fights.pause("vnet0", "wanted")).as("pause before time " + (i + 1)).isEmpty();
            fights.broughtAbout("vnet0", "wanted");
        }
    }

    @Test
    void aDeviceIsPutRightTenTimesInARowWithoutAPause() {
        bringAboutTimes(10);
        assertThat(fights.pause("vnet0", "wanted")).isEmpty();
    }

    @Test
    void fromThenOnPausesDoubleUpToHalfAMinute() {
        bringAboutTimes(10);
        long[] seconds = {1, 2, 4, 8, 16, 30, 30, 30};
        for (long expected : seconds) {
            fights.broughtAbout("vnet0", "wanted");
            Duration pause = fights.pause("vnet0", "wanted").orElseThrow();
            assertThat(pause).isBetween(Duration.ofSeconds(expected).minusMillis(1), Duration.ofSeconds(expected));
            clock.pass(pause);
            assertThat(fights.pause("vnet0", "wanted")).isEmpty();
        }
    }

    @Test
    void whoeverWantsSomethingNewNeedNotWait() {
        bringAboutTimes(11);
        assertThat(fights.pause("vnet0", "wanted")).isPresent();
        assertThat(fights.pause("vnet0", "something new")).isEmpty();
        assertThat(fights.pause("vnet1", "wanted")).isEmpty();
    }

    @Test
    void fiveSecondsOfPeaceEndAFight() {
        bringAboutTimes(11);
        clock.pass(Duration.ofSeconds(7));
        bringAboutTimes(10);
        assertThat(fights.pause("vnet0", "wanted")).isEmpty();
    }

    @Test
    void aDeviceThatIsNoMoreIsForgotten() {
        bringAboutTimes(11);
        fights.forget("vnet0");
        assertThat(fights.pause("vnet0", "wanted")).isEmpty();
        assertThat(fights.stoodAs("vnet0")).isEmpty();
    }

    @Test
    void aDeviceThatWasSeenToStandIsRememberedAsSuch() {
        fights.stands("vnet0", "wanted");
        assertThat(fights.stoodAs("vnet0")).isEqualTo(Optional.of("wanted"));
        assertThat(fights.pause("vnet0", "wanted")).isEmpty();
        bringAboutTimes(10);
        fights.stands("vnet0", "wanted");
        fights.broughtAbout("vnet0", "wanted");
        assertThat(fights.pause("vnet0", "wanted")).as("a look in between is no peace").isPresent();
    }

    @Test
    void aDeviceThatWasOnlyBroughtToWhatIsWantedHasNotStoodYet() {
        fights.broughtAbout("vnet0", "wanted");
        assertThat(fights.stoodAs("vnet0")).isEmpty();
        fights.stands("vnet0", "wanted");
        fights.broughtAbout("vnet0", "wanted");
        assertThat(fights.stoodAs("vnet0")).as("put right").isEqualTo(Optional.of("wanted"));
        fights.broughtAbout("vnet0", "something else");
        assertThat(fights.stoodAs("vnet0")).isEmpty();
    }
}
