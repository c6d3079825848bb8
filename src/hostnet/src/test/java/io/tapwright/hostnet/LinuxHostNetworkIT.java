package io.tapwright.hostnet;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.hostnet.tun.PretendedQemu;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.Link;
import io.tapwright.testkit.net.HostNetworkContract;
import io.tapwright.testkit.net.InNetworkNamespace;
import io.tapwright.testkit.net.NetworkNamespace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The kernel itself keeps the contract. */
@ExtendWith(InNetworkNamespace.class)
class LinuxHostNetworkIT extends HostNetworkContract {

    private LinuxHostNetwork network;
    private NetworkNamespace namespace;

    @BeforeEach
    void open(NetworkNamespace namespace) {
        this.namespace = namespace;
        network = LinuxHostNetwork.open();
    }

    @AfterEach
    void close() {
        network.close();
    }

    @Test
    void aDeviceNamesTheOneItStandsOn() {
        Link bridge = createBridge(BRIDGE);
        namespace.execute("ip", "link", "add", "link", "br0", "name", "mv0", "type", "macvlan");

        assertThat(network.link(new InterfaceName("mv0"))).map(Link::lower).contains(bridge.index());
        assertThat(network.link(BRIDGE)).map(Link::lower).contains(0);
    }

    @Test
    void aDeviceThatStandsOnOneOfAnotherNamespaceStandsOnNoneHere() {
        try (NetworkNamespace other = NetworkNamespace.open()) {
            namespace.execute("ip", "link", "add", "near", "type", "veth", "peer", "name", "far");
            namespace.execute("ip", "link", "set", "far", "netns", other.path().toString());

            assertThat(network.link(new InterfaceName("near"))).map(Link::lower).contains(0);
        }
    }

    @Override
    protected HostNetwork network() {
        return network;
    }

    @Override
    protected void addForeign(InterfaceName name) {
        namespace.execute("ip", "link", "add", name.text(), "type", "veth", "peer", "name", "peer-" + name);
        namespace.execute("ip", "link", "set", "peer-" + name, "up");
    }

    @Override
    protected AutoCloseable hold(InterfaceName tap, boolean multiQueue) {
        return PretendedQemu.hold(tap, multiQueue);
    }

    @Override
    protected void addDefaultRoute(InterfaceName device, String gateway) {
        namespace.execute("ip", "route", "add", "default", "via", gateway, "dev", device.text());
    }
}
