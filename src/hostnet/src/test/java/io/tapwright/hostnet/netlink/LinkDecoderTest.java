package io.tapwright.hostnet.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.Link;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LinkDecoderTest {

    @Test
    void readsATapThatIsAPortAndHeld() {
        assertThat(LinkDecoder.decode(Capture.message("link-vnet0"))).contains(new Link(
                2, new InterfaceName("vnet0"), Link.TUN, Optional.of(new MacAddress("fe:54:00:00:00:01")), 1400, true, true,
                LinkMessage.indexOf(Capture.message("link-br0")), 0,
                "tapwright:host tap uuid=8f3b8f5e-5a3f-4cf0-9a6e-0d6a1b0c7f10 mac=52:54:00:00:00:01 domain=jürgen", 0,
                List.of("guest-of-blue"), true, Optional.of(new Link.Tun(true, true, true, true, 1001, 1002, 1)),
                Optional.of(new Link.BridgePort(Link.BridgePort.State.FORWARDING)), Optional.empty()));
    }

    @Test
    void readsABridge() {
        Link bridge = LinkDecoder.decode(Capture.message("link-br0")).orElseThrow();

        assertThat(bridge.isBridge()).isTrue();
        assertThat(bridge.mac()).contains(new MacAddress("02:00:00:00:00:07"));
        assertThat(bridge.mtu()).isEqualTo(9000);
        assertThat(bridge.up()).isTrue();
        assertThat(bridge.ipv6Disabled()).isFalse();
        assertThat(bridge.mark()).isPresent();
        assertThat(bridge.tun()).isEmpty();
        assertThat(bridge.port()).isEmpty();
    }

    @Test
    void readsALoopbackDeviceThatHasNoKind() {
        Link loopback = LinkDecoder.decode(Capture.message("link-lo")).orElseThrow();

        assertThat(loopback.kind()).isEmpty();
        assertThat(loopback.up()).isFalse();
        assertThat(loopback.altNames()).isEmpty();
    }

    @Test
    void readsCountersOnlyWhereAskedTo() {
        Message message = Capture.message("link-vnet0");

        assertThat(LinkDecoder.decode(message).orElseThrow().counters()).isEmpty();
        assertThat(LinkDecoder.decodeWithCounters(message).orElseThrow().counters()).isPresent();
    }

    @Test
    void readsCountersInTheKernelsOrder() {
        MessageWriter to = new MessageWriter(ByteBuffer.allocate(512));
        header(to).attribute(LinkMessage.IFLA_IFNAME, "eth0");
        ByteBuffer stats = ByteBuffer.allocate(8 * 25).order(java.nio.ByteOrder.nativeOrder());
        for (int i = 0; i < 25; i++) {
            stats.putLong(i + 1);
        }
        to.attribute(LinkMessage.IFLA_STATS64, stats.array()).end();

        assertThat(LinkDecoder.decodeWithCounters(Written.message(to)).orElseThrow().counters())
                .contains(new Link.Counters(1, 2, 3, 4, 5, 6, 7, 8));
    }

    @Test
    void passesOverANameThatNobodyCanConfigure() {
        for (byte[] name : List.of(new byte[] {'e', (byte) 0xff, 0}, new byte[] {'a', 1, 0}, new byte[] {0})) {
            MessageWriter to = new MessageWriter(ByteBuffer.allocate(512));
            header(to).attribute(LinkMessage.IFLA_IFNAME, name).end();

            assertThat(LinkDecoder.decode(Written.message(to))).isEmpty();
        }
    }

    @Test
    void takesAnAddressOfAnotherLengthForNone() {
        MessageWriter to = new MessageWriter(ByteBuffer.allocate(512));
        header(to).attribute(LinkMessage.IFLA_IFNAME, "ib0").attribute(LinkMessage.IFLA_ADDRESS, new byte[20]).end();

        assertThat(LinkDecoder.decode(Written.message(to)).orElseThrow().mac()).isEmpty();
    }

    @Test
    void tellsAPortsNotificationFromADevices() {
        Message port = Capture.message("port-vnet0");

        assertThat(LinkMessage.familyOf(port)).isEqualTo(Rtnetlink.AF_BRIDGE);
        assertThat(LinkMessage.indexOf(port)).isEqualTo(2);
        assertThat(LinkMessage.familyOf(Capture.message("link-vnet0"))).isEqualTo(Rtnetlink.AF_UNSPEC);
    }

    private static MessageWriter header(MessageWriter to) {
        return to.begin(Rtnetlink.RTM_NEWLINK, 0).u8(0).u8(0).u16(1).u32(7).u32(0).u32(0);
    }
}
