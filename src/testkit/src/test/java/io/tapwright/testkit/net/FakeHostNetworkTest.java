package io.tapwright.testkit.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.Route;
import io.tapwright.model.host.TapOwner;
import java.net.InetAddress;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FakeHostNetworkTest extends HostNetworkContract {

    private final FakeHostNetwork network = new FakeHostNetwork();

    @Override
    protected HostNetwork network() {
        return network;
    }

    @Override
    protected void addForeign(InterfaceName name) {
        network.addForeign(name, "veth");
    }

    @Override
    protected AutoCloseable hold(InterfaceName tap, boolean multiQueue) {
        network.hold(tap);
        return () -> network.release(tap);
    }

    @Override
    protected void addDefaultRoute(InterfaceName device, String gateway) {
        boolean ipv6 = gateway.indexOf(':') >= 0;
        network.addRoute(device, new Route(IpPrefix.parse(ipv6 ? "::/0" : "0.0.0.0/0"),
                Optional.of(InetAddress.ofLiteral(gateway)), Optional.empty(), 254, 3, 0, ipv6 ? 1024 : 0, false));
    }

    @Test
    void refusesWhatTheTestWantsRefusedUntilItRelents() {
        HostAction action = new HostAction.CreateTap(TAP, false, TapOwner.NOBODY, LinkChange.NONE);
        network.refuse(a -> a instanceof HostAction.CreateTap, Errno.EBUSY);
        assertRefused(Errno.EBUSY, "create tap vnet0", action);
        assertThat(network.applied()).isEmpty();

        network.relent();
        network.apply(action);

        assertThat(network.applied()).containsExactly(action);
    }
}
