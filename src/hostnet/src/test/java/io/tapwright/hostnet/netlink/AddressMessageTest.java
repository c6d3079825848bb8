package io.tapwright.hostnet.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.LinkRef;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressMessageTest {

    private static final int IFA_BROADCAST = 4;
    private static final int IFA_LABEL = 3;
    private static final int IFA_F_PERMANENT = 0x80;
    private static final LinkRef BRIDGE = new LinkRef(0x1e038e17, new InterfaceName("br0"));
    private static final LinkRef UPLINK = new LinkRef(3, new InterfaceName("eth0"));

    @Test
    void readsAnIpv4AddressWithALabel() {
        assertThat(decode("address-ipv4-labelled")).isEqualTo(
                new Address(IpPrefix.parse("10.1.0.1/24"), 0, IFA_F_PERMANENT, 0, Address.FOREVER));
    }

    @Test
    void readsTheOwnAddressOfAPair() {
        assertThat(decode("address-ipv4-peer").prefix()).isEqualTo(IpPrefix.parse("10.2.0.1/32"));
    }

    @Test
    void readsLifetimes() {
        Address address = decode("address-ipv6-lifetimes");

        assertThat(address.prefix()).isEqualTo(IpPrefix.parse("fd00:1::1/64"));
        assertThat(address.lifetimes()).isEqualTo(new Address.Lifetimes(1800, 3600));
    }

    @Test
    void knowsWhatTheKernelMade() {
        assertThat(decode("address-ipv6-link-local").isKernelMade()).isTrue();
        assertThat(decode("address-ipv6-lifetimes").isKernelMade()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.0.1/24", "192.0.2.7/32", "fd00:1::1/64", "2001:db8::1/128"})
    void whatIsAddedIsReadBack(String prefix) {
        for (Address address : List.of(Address.ours(IpPrefix.parse(prefix)),
                new Address(IpPrefix.parse(prefix), 253, 0x200, 0, new Address.Lifetimes(10, 20)))) {
            Message message = Written.message(to -> AddressMessage.add(to, UPLINK, address));

            assertThat(AddressMessage.decode(message, UPLINK).address()).isEqualTo(address);
            assertThat(AddressMessage.isAbout(message, address.prefix().isIpv6() ? 10 : 2, 3)).isTrue();
        }
    }

    @Test
    void carriesBroadcastAndPeerAlongAndRenamesTheLabel() {
        Message moved = Written.message(to -> AddressMessage.add(to, UPLINK, carried("address-ipv4-labelled")));

        assertThat(AddressMessage.isAbout(moved, Rtnetlink.AF_INET, 3)).isTrue();
        assertThat(value(moved, IFA_BROADCAST)).containsExactly(10, 1, 0, (byte) 255);
        assertThat(value(moved, IFA_LABEL)).isEqualTo("eth0:one\0".getBytes());
        Message pair = Written.message(to -> AddressMessage.add(to, UPLINK, carried("address-ipv4-peer")));
        assertThat(value(pair, 1)).containsExactly(10, 2, 0, 2);
        assertThat(value(pair, 2)).containsExactly(10, 2, 0, 1);
    }

    @Test
    void aLabelThatWouldGrowTooLongBecomesTheDevicesName() {
        LinkRef longName = new LinkRef(3, new InterfaceName("enp0s31f6np1"));

        Message moved = Written.message(to -> AddressMessage.add(to, longName, carried("address-ipv4-labelled")));

        assertThat(value(moved, IFA_LABEL)).isEqualTo("enp0s31f6np1\0".getBytes());
    }

    @Test
    void aCarriedIpv6AddressKeepsItsLifetimesAndIsNotLookedForAgain() {
        Message moved = Written.message(to -> AddressMessage.add(to, UPLINK, carried("address-ipv6-lifetimes")));

        Address address = AddressMessage.decode(moved, UPLINK).address();
        assertThat(address.lifetimes()).isEqualTo(new Address.Lifetimes(1800, 3600));
        assertThat(address.flags()).isEqualTo(0x02);
    }

    private static Address decode(String capture) {
        return carried(capture).address();
    }

    private static AddressMessage.Carried carried(String capture) {
        return AddressMessage.decode(Capture.message(capture), BRIDGE);
    }

    private static byte[] value(Message message, int type) {
        AttributeReader attributes = message.attributes(AddressMessage.HEADER);
        while (attributes.next()) {
            if (attributes.type() == type) {
                return attributes.octets();
            }
        }
        throw new AssertionError("no attribute of type " + type);
    }
}
