package io.tapwright.model.host;

import static io.tapwright.model.Samples.MAC_1;
import static io.tapwright.model.Samples.name;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.IpPrefix;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What an operator reads of an action in a dry run, a log or a failure. */
class HostActionTest {

    private static final LinkRef VNET0 = new LinkRef(9, name("vnet0"));
    private static final LinkRef BR0 = new LinkRef(7, name("br0"));
    private static final Address ADDRESS = Address.ours(IpPrefix.parse("10.1.0.1/24"));
    private static final Route ROUTE = new Route(IpPrefix.parse("0.0.0.0/0"), Optional.of(InetAddress.ofLiteral("10.1.0.254")),
            Optional.empty(), 254, 3, 0, 0, false);

    @Test
    void isASentenceThatNamesTheDevices() {
        assertThat(new HostAction.CreateTap(name("vnet0"), true, TapOwner.NOBODY, LinkChange.NONE.master(7).up(true)))
                .hasToString("create tap vnet0 with many queues (master index 7, up)");
        assertThat(new HostAction.ChangeLink(VNET0, LinkChange.NONE.mac(MAC_1).mtu(9000).alias("a").master(0).up(false).withIpv6Off()))
                .hasToString("set vnet0: address 52:54:00:00:00:01, mtu 9000, alias 'a', no master, down, IPv6 off");
        assertThat(new HostAction.DeleteLink(VNET0)).hasToString("delete vnet0");
        assertThat(new HostAction.CreateBridge(name("br0"), MAC_1, 1500, "mark"))
                .hasToString("create bridge br0 (address 52:54:00:00:00:01, mtu 1500)");
        assertThat(new HostAction.AddAddress(BR0, ADDRESS)).hasToString("add 10.1.0.1/24 to br0");
        assertThat(new HostAction.RemoveAddress(BR0, ADDRESS)).hasToString("remove 10.1.0.1/24 from br0");
        assertThat(new HostAction.AttachUplink(VNET0, BR0, List.of("m"), List.of(), List.of())).hasToString("attach uplink vnet0 to br0");
        assertThat(new HostAction.AttachUplink(VNET0, BR0, List.of("m"), List.of(ADDRESS), List.of(ROUTE))).hasToString(
                "attach uplink vnet0 to br0, moving [10.1.0.1/24] and routes [0.0.0.0/0 via 10.1.0.254]");
        assertThat(new HostAction.DetachUplink(VNET0, BR0, List.of("m"), List.of(ADDRESS), List.of())).hasToString(
                "detach uplink vnet0 from br0, moving [10.1.0.1/24] and routes []");
    }

    @Test
    void namesTheDeviceItIsAbout() {
        assertThat(new HostAction.ChangeLink(VNET0, LinkChange.NONE).device()).isEqualTo(name("vnet0"));
        assertThat(new HostAction.AttachUplink(VNET0, BR0, List.of("m"), List.of(), List.of()).device()).isEqualTo(name("vnet0"));
        assertThat(new HostAction.AddAddress(BR0, ADDRESS).device()).isEqualTo(name("br0"));
    }

    @Test
    void failsWithOperationObjectErrnoAndWhatTheKernelAdded() {
        assertThat(new HostNetworkException("attach tap vnet3 to br0", Errno.EBUSY, "Device is already a bridge port"))
                .hasMessage("attach tap vnet3 to br0: EBUSY (Device is already a bridge port)");
        assertThat(new HostNetworkException("delete vnet3", new Errno(4711))).hasMessage("delete vnet3: errno 4711");
        assertThat(Errno.EXFULL).hasToString("EXFULL");
    }

    @Test
    void tellsAddressesByWhoMadeThem() {
        assertThat(ADDRESS.isOurs()).isTrue();
        assertThat(ADDRESS.isKernelMade()).isFalse();
        assertThat(new Address(IpPrefix.parse("fe80::1/64"), 253, 0, 0, Address.FOREVER).isKernelMade()).isTrue();
        assertThat(new Address(IpPrefix.parse("169.254.0.1/16"), 253, 0, 0, Address.FOREVER).isKernelMade()).isFalse();
        Address fromRouter = new Address(IpPrefix.parse("2001:db8::1/64"), 0, 0, 2, new Address.Lifetimes(1800, 3600));
        assertThat(fromRouter.isKernelMade()).as("elsewhere the kernel makes another").isFalse();
        assertThat(fromRouter.isFromRouter()).isTrue();
        assertThat(ADDRESS.isFromRouter()).isFalse();
    }
}
