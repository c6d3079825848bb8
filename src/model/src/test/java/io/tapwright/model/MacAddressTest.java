package io.tapwright.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MacAddressTest {

    @Test
    void isWrittenInLowerCaseHoweverItCame() {
        assertThat(new MacAddress("52:54:00:AB:CD:EF")).isEqualTo(new MacAddress("52:54:00:ab:cd:ef"))
                .hasToString("52:54:00:ab:cd:ef");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "52:54:00:12:34", "52:54:00:12:34:5", "52:54:00:12:34:56:", "52-54-00-12-34-56",
        "525400123456", "52:54:00:12:34:5g", "52:54:00:12:34: 6", " 52:54:00:12:34:56", "5２:54:00:12:34:56"})
    void refusesWhatIsNotSixOctetsWithColons(String text) {
        assertThatThrownBy(() -> new MacAddress(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'").hasMessageContaining("52:54:00:12:34:56");
    }

    @Test
    void comesFromOctetsAndGoesBackToThem() {
        byte[] octets = {0x52, 0x54, 0, (byte) 0xff, 0, 1};
        assertThat(MacAddress.of(octets)).hasToString("52:54:00:ff:00:01");
        assertThat(MacAddress.of(octets).octets()).containsExactly(octets);
        assertThatThrownBy(() -> MacAddress.of(new byte[8])).hasMessageContaining("8 octets");
    }

    @Test
    void itsTapHasTheSameAddressButForTheFirstOctet() {
        MacAddress guest = new MacAddress("52:54:00:12:34:56");
        assertThat(guest.forTap()).hasToString("fe:54:00:12:34:56");
        assertThat(guest.forTap().isReservedForTaps()).isTrue();
        assertThat(guest.isReservedForTaps()).isFalse();
        assertThat(guest.forTap().isMulticast()).isFalse();
    }

    @Test
    void tellsGroupAddressesFromSingleOnes() {
        assertThat(new MacAddress("01:00:5e:00:00:01").isMulticast()).isTrue();
        assertThat(new MacAddress("ff:ff:ff:ff:ff:ff").isMulticast()).isTrue();
        assertThat(new MacAddress("52:54:00:12:34:56").isMulticast()).isFalse();
    }
}
