package io.tapwright.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {

    @ParameterizedTest
    @CsvSource({
        "web*, web, true", "web*, web-17, true", "web*, aweb, false", "*web, aweb, true", "*, anything, true",
        "web?, web1, true", "web?, web, false", "web?, web12, false", "?, 😀, true",
        "web.1, web.1, true", "web.1, webx1, false", "w[ab]b, w[ab]b, true", "w[ab]b, wab, false",
        "a*b*c, aXbYc, true", "a*b*c, aXcYb, false", "\\Eweb, \\Eweb, true", "web, WEB, false"})
    void matchesTheWholeNameAndNothingButStarAndQuestionMarkIsSpecial(String glob, String candidate, boolean matches) {
        assertThat(new Glob(glob).matches(candidate)).isEqualTo(matches);
    }

    @Test
    void theEmptyPatternMatchesNothingButTheEmptyName() {
        assertThat(new Glob("").matches("")).isTrue();
        assertThat(new Glob("").matches("a")).isFalse();
        assertThat(new Glob("*").matches("")).isTrue();
        assertThat(new Glob("a*b").matches("a\nb")).isTrue();
    }

    @Test
    void isAValue() {
        assertThat(new Glob("a*")).isEqualTo(new Glob("a*")).hasSameHashCodeAs(new Glob("a*")).isNotEqualTo(new Glob("a?"))
                .hasToString("a*");
    }
}
