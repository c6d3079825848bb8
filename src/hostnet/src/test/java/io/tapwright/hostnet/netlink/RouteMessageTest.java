package io.tapwright.hostnet.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RouteMessageTest {

    private static final int RTA_METRICS = 8;
    private static final int RTA_EXPIRES = 23;
    private static final LinkRef BRIDGE = new LinkRef(0x1e038e17, new InterfaceName("br0"));
    private static final LinkRef UPLINK = new LinkRef(3, new InterfaceName("eth0"));

    @Test
    void readsADefaultRouteOfAnotherTable() {
        assertThat(carried("route-ipv4-default", Rtnetlink.AF_INET).route()).isEqualTo(new Route(
                IpPrefix.parse("0.0.0.0/0"), Optional.of(InetAddress.ofLiteral("10.1.0.254")),
                Optional.of(InetAddress.ofLiteral("10.1.0.1")), 1234, 4, 0, 100, true));
    }

    @Test
    void knowsWhatTheKernelMade() {
        assertThat(carried("route-ipv4-kernel", Rtnetlink.AF_INET).route().isKernelMade()).isTrue();
        assertThat(carried("route-ipv6-expires", Rtnetlink.AF_INET6).route().isKernelMade()).isFalse();
    }

    @Test
    void passesOverBroadcastsOtherFamiliesAndOtherDevices() {
        assertThat(RouteMessage.decode(Capture.message("route-ipv4-broadcast"), Rtnetlink.AF_INET, BRIDGE)).isEmpty();
        assertThat(RouteMessage.decode(Capture.message("route-ipv4-default"), Rtnetlink.AF_INET6, BRIDGE)).isEmpty();
        assertThat(RouteMessage.decode(Capture.message("route-ipv4-default"), Rtnetlink.AF_INET, UPLINK)).isEmpty();
    }

    @Test
    void knowsARouteThatLeadsThroughOtherDevicesToo() {
        assertThat(carried("route-ipv4-multipath", Rtnetlink.AF_INET).shared()).isTrue();
        assertThat(RouteMessage.decode(Capture.message("route-ipv4-multipath"), Rtnetlink.AF_INET, UPLINK)).isEmpty();
        assertThat(carried("route-ipv4-default", Rtnetlink.AF_INET).shared()).isFalse();
    }

    @Test
    void carriesEverythingButTheDeviceAlong() {
        RouteMessage.Carried before = carried("route-ipv4-default", Rtnetlink.AF_INET);

        Message moved = Written.message(to -> RouteMessage.add(to, UPLINK, before));

        assertThat(RouteMessage.decode(moved, Rtnetlink.AF_INET, UPLINK).orElseThrow().route()).isEqualTo(before.route());
        assertThat(value(moved, RTA_METRICS)).hasSize(8);
    }

    @Test
    void carriesWhatIsLeftOfARoutesLife() {
        RouteMessage.Carried before = carried("route-ipv6-expires", Rtnetlink.AF_INET6);

        Message moved = Written.message(to -> RouteMessage.add(to, UPLINK, before));
        Message removed = Written.message(to -> RouteMessage.remove(to, UPLINK, before));

        assertThat(RouteMessage.decode(moved, Rtnetlink.AF_INET6, UPLINK).orElseThrow().route()).isEqualTo(before.route());
        assertThat(value(moved, RTA_EXPIRES)).containsExactly(0x57, 2, 0, 0);
        assertThat(value(removed, RTA_EXPIRES)).isEmpty();
    }

    @Test
    void whatIsKnownByItsRecordAloneIsReadBack() {
        for (Route route : List.of(
                new Route(IpPrefix.parse("0.0.0.0/0"), Optional.of(InetAddress.ofLiteral("10.1.0.254")), Optional.empty(), 254, 3, 0, 0, false),
                new Route(IpPrefix.parse("10.7.0.0/16"), Optional.empty(), Optional.of(InetAddress.ofLiteral("10.1.0.1")), 70000, 4, 253, 7, true),
                new Route(IpPrefix.parse("10.8.0.0/16"), Optional.of(InetAddress.ofLiteral("fe80::1")), Optional.empty(), 254, 16, 0, 5, false),
                new Route(IpPrefix.parse("::/0"), Optional.of(InetAddress.ofLiteral("2001:db8::fe")), Optional.empty(), 254, 9, 0, 0xfffffffeL, false))) {
            Message message = Written.message(to -> RouteMessage.add(to, UPLINK, RouteMessage.carry(route)));

            int family = route.destination().isIpv6() ? Rtnetlink.AF_INET6 : Rtnetlink.AF_INET;
            assertThat(RouteMessage.decode(message, family, UPLINK).orElseThrow().route()).isEqualTo(route);
        }
    }

    private static RouteMessage.Carried carried(String capture, int family) {
        return RouteMessage.decode(Capture.message(capture), family, BRIDGE).orElseThrow();
    }

    private static byte[] value(Message message, int type) {
        AttributeReader attributes = message.attributes(RouteMessage.HEADER);
        while (attributes.next()) {
            if (attributes.type() == type) {
                return attributes.octets();
            }
        }
        return new byte[0];
    }
}
