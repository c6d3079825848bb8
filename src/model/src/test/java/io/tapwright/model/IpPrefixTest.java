package io.tapwright.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpPrefixTest {

    @ParameterizedTest
    @CsvSource({"10.1.0.1/24, false", "0.0.0.0/0, false", "192.168.255.254/32, false"})
    void readsAnIpv4AddressWithItsLength(String text, boolean ipv6) {
        assertThat(IpPrefix.parse(text)).hasToString(text).returns(ipv6, IpPrefix::isIpv6);
    }

    @Test
    void readsAnIpv6AddressWithItsLength() {
        IpPrefix prefix = IpPrefix.parse("fd00:1::1/64");
        assertThat(prefix.isIpv6()).isTrue();
        assertThat(prefix.length()).isEqualTo(64);
        assertThat(IpPrefix.parse("FD00:0001:0:0::1/64")).isEqualTo(prefix);
        assertThat(IpPrefix.parse(prefix.toString())).isEqualTo(prefix);
        assertThat(IpPrefix.parse("::/0").length()).isZero();
    }

    @Test
    void keepsHostBitsAndTellsLengthsApart() {
        assertThat(IpPrefix.parse("10.1.0.1/24")).isNotEqualTo(IpPrefix.parse("10.1.0.1/16"))
                .isNotEqualTo(IpPrefix.parse("10.1.0.0/24"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "/24", "10.1.0.1", "10.1.0.1/", "10.1.0.1/33", "10.1.0.1/-1", "10.1.0.1/+24", "10.1.0.1/ 24",
        "10/8", "10.1/16", "10.1.0/24", "10.1.0.256/24", "fd00::1/129", "fe80::1%1/64", "fe80::1%eth0/64", "::ffff:10.1.0.1/24",
        "localhost/8", "example.org/24", "10.1.0.1/24/24", "fd00:::1/64", "10.1.0.1/9999"})
    void refusesEverythingElseAndShowsWhatIsExpected(String text) {
        assertThatThrownBy(() -> IpPrefix.parse(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'").hasMessageContaining("10.1.0.1/24").hasMessageContaining("fd00:1::1/64");
    }

    @Test
    void refusesALengthThatTheAddressHasNotGot() {
        InetAddress address = InetAddress.ofLiteral("10.1.0.1");
        assertThatThrownBy(() -> new IpPrefix(address, 33)).hasMessageContaining("0 to 32");
    }
}
