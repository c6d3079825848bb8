package io.tapwright.hostnet;

import io.tapwright.hostnet.tun.PretendedQemu;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.testkit.net.HostNetworkContract;
import io.tapwright.testkit.net.InNetworkNamespace;
import io.tapwright.testkit.net.NetworkNamespace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
