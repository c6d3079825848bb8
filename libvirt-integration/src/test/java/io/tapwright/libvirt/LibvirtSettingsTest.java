package io.tapwright.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LibvirtSettingsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void refusesWhatLibvirtCannotDo() {
        refused("libvirt URI is empty", () -> LibvirtSettings.of(" "));
        refused("keep-alive interval PT0.5S", () -> settings(Duration.ofMillis(500), 3, SECOND, SECOND));
        refused("keep-alive interval PT1.5S", () -> settings(Duration.ofMillis(1500), 3, SECOND, SECOND));
        refused("keep-alive count 0", () -> settings(SECOND, 0, SECOND, SECOND));
        refused("retry after PT0S up to PT1S", () -> settings(SECOND, 3, Duration.ZERO, SECOND));
        refused("retry after PT1S up to PT0.5S", () -> settings(SECOND, 3, SECOND, Duration.ofMillis(500)));
        refused("renewed readings 0", () -> new LibvirtSettings("test:///default", SECOND, 3, SECOND, SECOND, 0));
    }

    @Test
    void numbersThatLibvirtMayAddLaterHaveANameToo() {
        assertThat(EventNames.lifecycle(0)).isEqualTo("DEFINED");
        assertThat(EventNames.lifecycle(8)).isEqualTo("CRASHED");
        assertThat(EventNames.lifecycle(9)).isEqualTo("LIFECYCLE_9");
        assertThat(EventNames.lifecycle(-1)).isEqualTo("LIFECYCLE_-1");
        assertThat(EventNames.closeReason(2)).isEqualTo("libvirt does not answer (keep-alive)");
        assertThat(EventNames.closeReason(7)).isEqualTo("close reason 7");
    }

    private static LibvirtSettings settings(Duration interval, int count, Duration first, Duration max) {
        return new LibvirtSettings("test:///default", interval, count, first, max, 1);
    }

    private static void refused(String reason, Runnable what) {
        assertThatIllegalArgumentException().isThrownBy(what::run).withMessageStartingWith(reason);
    }
}
