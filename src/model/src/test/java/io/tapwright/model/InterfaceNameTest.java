package io.tapwright.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InterfaceNameTest {

    @ParameterizedTest
    @ValueSource(strings = {"x", "vnet0", "tap-web.1", "fifteen-bytes-x", "...", "-", "a@b", "é", "äöüäöüä"})
    void takesWhatTheKernelTakes(String text) {
        assertThat(InterfaceName.fault(text)).isNull();
        assertThat(new InterfaceName(text)).hasToString(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "``|is empty",
        "sixteen-bytes-xx|has 16 bytes, the kernel takes at most 15",
        "äöüäöüäx1|has 16 bytes",
        ".|is not a name the kernel accepts",
        "..|is not a name the kernel accepts",
        "a/b|contains '/'",
        "../../etc|contains '/'",
        "a:1|contains ':'",
        "`a b`|contains '\\u0020'",
        "`a\tb`|contains '\\u0009'",
        "`a\nb`|contains '\\u000a'",
        "`a\u0001b`|contains the control character '\\u0001'",
        "`a\u007f`|contains the control character '\\u007f'",
        "vnet%d|contains '%', which the kernel would take as a pattern",
        "à|contains 'à', a byte of which (0xa0) is white space to the kernel"})
    void saysWhatIsWrongWithWhatTheKernelOrAnOperatorWouldNotBear(String text, String fault) {
        assertThat(InterfaceName.fault(text)).contains(fault);
        assertThatThrownBy(() -> new InterfaceName(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("interface name '" + text + "': ").hasMessageContaining(fault);
    }

    @Test
    void isOrderedByItsText() {
        assertThat(new InterfaceName("a")).isLessThan(new InterfaceName("b"));
    }
}
