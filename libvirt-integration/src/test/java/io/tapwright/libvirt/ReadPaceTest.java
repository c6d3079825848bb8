package io.tapwright.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.DomainId;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReadPaceTest {

    private static final long INTERVAL = ReadPace.INTERVAL.toNanos();
    private static final DomainId A = new DomainId(new UUID(0, 1));

    private final ReadPace pace = new ReadPace();

    @Test
    void aBurstGoesAtOnceTheRestIsSpaced() {
        long now = Long.MAX_VALUE - 2; // nanoTime may be anything and wrap
        for (int i = 0; i < ReadPace.BURST; i++) {
            assertThat(pace.delayNanos(A, now)).isLessThanOrEqualTo(0);
            pace.onRead(A, now);
        }
        assertThat(pace.delayNanos(A, now)).isEqualTo(INTERVAL);
        assertThat(pace.delayNanos(A, now + INTERVAL)).isZero();
    }

    @Test
    void restRestoresTheBurst() {
        for (int i = 0; i < 100; i++) {
            pace.onRead(A, 0);
        }
        long later = 1000 * INTERVAL;
        for (int i = 0; i < ReadPace.BURST; i++) {
            assertThat(pace.delayNanos(A, later)).isLessThanOrEqualTo(0);
            pace.onRead(A, later);
        }
        assertThat(pace.delayNanos(A, later)).isEqualTo(INTERVAL);
    }

    @Test
    void domainsDoNotWaitForEachOther() {
        for (int i = 0; i < 100; i++) {
            pace.onRead(A, 0);
        }
        assertThat(pace.delayNanos(new DomainId(new UUID(0, 2)), 0)).isZero();
    }
}
