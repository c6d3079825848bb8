package io.tapwright.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarkTest {

    private static final NicId NIC = new NicId(
            DomainId.of("6695eb01-f6a4-8304-79aa-97f2502e193f"), new MacAddress("52:54:00:12:34:56"));

    @Test
    void isTextThatAPersonCanRead() {
        assertThat(new Mark.Tap("main", NIC, "web").text()).isEqualTo(
                "tapwright:main tap uuid=6695eb01-f6a4-8304-79aa-97f2502e193f mac=52:54:00:12:34:56 domain=web");
        assertThat(new Mark.Bridge("main", "blue").text()).isEqualTo("tapwright:main bridge network=blue");
    }

    @ParameterizedTest
    @ValueSource(strings = {"web", "a b = c", "", "mac=52:54:00:00:00:00 domain=x", "line\nbreak", "ünïcode 😀"})
    void ofATapIsReadBackAsItWasWritten(String domainName) {
        Mark mark = new Mark.Tap("dev-2", NIC, domainName);
        assertThat(Mark.parse(mark.text())).contains(mark);
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "blue.2", "network=x"})
    void ofABridgeIsReadBackAsItWasWritten(String network) {
        Mark mark = new Mark.Bridge("main", network);
        assertThat(Mark.parse(mark.text())).contains(mark);
        Mark ofItsSwitch = new Mark.SwitchTap("main", network);
        assertThat(Mark.parse(ofItsSwitch.text())).contains(ofItsSwitch);
    }

    @Test
    void isCutAtTheKernelsLimitBetweenCharactersAndStillTellsTheNic() {
        String longName = "ü😀".repeat(100);
        String text = new Mark.Tap("main", NIC, longName).text();
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        assertThat(bytes).isBetween(Mark.MAX_BYTES - 3, Mark.MAX_BYTES);
        assertThat(text).doesNotContain("�");
        assertThat(Mark.parse(text)).hasValueSatisfying(mark -> {
            assertThat(((Mark.Tap) mark).nic()).isEqualTo(NIC);
            assertThat(longName).startsWith(((Mark.Tap) mark).domainName());
        });
    }

    @Test
    void isCutNotOneByteTooEarly() {
        String head = new Mark.Tap("main", NIC, "").text();
        String fits = "x".repeat(Mark.MAX_BYTES - head.length());
        assertThat(new Mark.Tap("main", NIC, fits).text()).hasSize(Mark.MAX_BYTES).endsWith(fits);
        assertThat(new Mark.Tap("main", NIC, fits + "y").text()).isEqualTo(new Mark.Tap("main", NIC, fits).text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "web", "tapwright", "tapwright:main", "tapwright:main tap",
        "tapwright:main tap uuid=6695eb01 mac=52:54:00:12:34:56 domain=web",
        "tapwright:Main tap uuid=6695eb01-f6a4-8304-79aa-97f2502e193f mac=52:54:00:12:34:56 domain=web",
        "tapwright: tap uuid=6695eb01-f6a4-8304-79aa-97f2502e193f mac=52:54:00:12:34:56 domain=web",
        " tapwright:main tap uuid=6695eb01-f6a4-8304-79aa-97f2502e193f mac=52:54:00:12:34:56 domain=web",
        "tapwright:main tap uuid=6695eb01-f6a4-8304-79aa-97f2502e193f mac=52:54:00:12:34 domain=web",
        "tapwright:main bond network=blue"})
    void isNotSeenInWhatOthersWrite(String alias) {
        assertThat(Mark.parse(alias)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Main", "a b", "an-instance-name-of-more-than-32-x"})
    void refusesAnInstanceThatCouldNotBeReadBack(String instance) {
        assertThatThrownBy(() -> new Mark.Tap(instance, NIC, "web")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + instance + "'");
        assertThatThrownBy(() -> new Mark.Bridge(instance, "blue")).isInstanceOf(IllegalArgumentException.class);
    }
}
