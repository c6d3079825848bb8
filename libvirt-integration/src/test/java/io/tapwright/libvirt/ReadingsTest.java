package io.tapwright.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.libvirt.xml.DomainXml;
import io.tapwright.model.DomainId;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.DomainSpec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReadingsTest {

    private static final DomainId A = id(1);
    private static final DomainId B = id(2);
    private static final DomainId C = id(3);

    private final Readings readings = new Readings();

    @Test
    void theOldestAreThoseReadTheLongestAgo() {
        List.of(A, B, C).forEach(id -> readings.put(reading(id, 1)));
        assertThat(readings.oldest(2)).containsExactlyInAnyOrder(A, B);
        readings.put(reading(A, 1));
        assertThat(readings.oldest(2)).containsExactlyInAnyOrder(B, C);
        assertThat(readings.oldest(9)).containsExactlyInAnyOrder(A, B, C);
    }

    @Test
    void whatIsForgottenIsNotThere() {
        List.of(A, B, C).forEach(id -> readings.put(reading(id, 1)));
        readings.forget(B);
        assertThat(readings.of(B)).isEmpty();
        readings.forgetAllBut(Set.of(A, B));
        assertThat(readings.oldest(9)).containsExactly(A);
    }

    @Test
    void aReadingStandsUntilNameRunOrPersistenceIsAnother() {
        Reading reading = reading(A, 7);
        assertThat(reading.isOf("vm", 7, true)).isTrue();
        assertThat(reading.isOf("renamed", 7, true)).isFalse();
        assertThat(reading.isOf("vm", LibvirtExtension.NOT_RUNNING, true)).isFalse();
        assertThat(reading.isOf("vm", 8, true)).isFalse();
        assertThat(reading.isOf("vm", 7, false)).isFalse();
    }

    @Test
    void oneCharacterMakesAnotherFingerprint() {
        byte[] text = "<link state='up'/>".getBytes(StandardCharsets.UTF_8);
        long before = Fingerprint.of(text);
        assertThat(Fingerprint.of(text.clone())).isEqualTo(before);
        for (int i = 0; i < text.length; i++) {
            byte[] changed = text.clone();
            changed[i] ^= 1;
            assertThat(Fingerprint.of(changed)).isNotEqualTo(before);
            assertThat((int) Fingerprint.of(changed)).isNotEqualTo((int) before);
            assertThat(Fingerprint.of(changed) >>> 32).isNotEqualTo(before >>> 32);
        }
    }

    private static Reading reading(DomainId id, int number) {
        DomainSpec spec = new DomainSpec(id, "vm", List.of(), Map.of());
        return new Reading(number, new DomainReport(id, "vm", true, Optional.of(spec), Optional.of(spec), 0),
                new Reading.Text(1, new DomainXml.Description(spec, true)), Optional.empty());
    }

    private static DomainId id(long number) {
        return new DomainId(new UUID(0, number));
    }
}
