package io.tapwright.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DomainIdTest {

    @Test
    void isTheSameInEitherCase() {
        assertThat(DomainId.of("6695EB01-F6A4-8304-79AA-97F2502E193F"))
                .isEqualTo(DomainId.of("6695eb01-f6a4-8304-79aa-97f2502e193f"))
                .hasToString("6695eb01-f6a4-8304-79aa-97f2502e193f");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1-2-3-4-5", "6695eb01f6a4830479aa97f2502e193f", "6695eb01-f6a4-8304-79aa-97f2502e193f0", "web"})
    void refusesWhatOnlyLooksLikeOne(String text) {
        assertThatThrownBy(() -> DomainId.of(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void isOrderedAsItIsWritten() {
        assertThat(DomainId.of("0fffffff-0000-4000-8000-000000000000"))
                .isLessThan(DomainId.of("f0000000-0000-4000-8000-000000000000"));
    }
}
