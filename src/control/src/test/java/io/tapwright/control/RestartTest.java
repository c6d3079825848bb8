package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.network.Network;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.status.NicState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The kernel, libvirt and the configuration are all the state there is: a new agent takes up where the old one ended. */
class RestartTest {

    private final World world = World.withDefaultBridge();
    private final DomainSpec web = domain("web").nic(1, "vnet0").nicWithQueues(2, "vnet1", 4).on(2, "blue").spec();
    private final DomainSpec off = domain("off").nic(3, "vnet2").spec();

    @Test
    void aNewAgentFindsNothingToDo() {
        world.kernel.addForeign(new InterfaceName("eth1"), "");
        world.kernel.applyAsOther(new HostAction.AddAddress(world.ref("eth1"),
                new Address(IpPrefix.parse("192.0.2.7/24"), 0, 0, 0, Address.FOREVER)));
        world.network(World.withMtu(World.withUplink(World.made("blue", "br1", "10.1.0.1/24", "fd00:1::1/64"), "eth1", true), 9000));
        world.start();
        world.define(web);
        world.define(off);
        world.run(web);
        List<String> before = SeenKernel.describe(world.kernel);
        int applied = world.kernel.applied().size();
        for (int i = 0; i < 3; i++) {
            world.restart();
            world.passAWhile();
        }
        assertThat(world.kernel.applied()).hasSize(applied);
        assertThat(SeenKernel.describe(world.kernel)).isEqualTo(before);
        assertThat(List.of(world.nic(1), world.nic(2), world.nic(3))).extracting(n -> n.state())
                .containsExactly(NicState.WIRED, NicState.WIRED, NicState.READY);
        assertThat(world.agent.networks()).extracting(n -> n.state()).containsOnly(NicState.READY);
    }

    @Test
    void untilLibvirtIsReachedNothingIsDone() {
        world.network(Network.of("blue", "br0"));
        world.start();
        world.define(web);
        world.run(web);
        int applied = world.kernel.applied().size();
        world.stopAgent();
        world.startWithoutLibvirt();
        world.pass(Duration.ofHours(1));
        assertThat(world.kernel.applied()).hasSize(applied);
    }

    @Test
    void whatHappenedMeanwhileIsCaughtUpWith() {
        world.network(Network.of("blue", "br0"));
        world.start();
        world.define(web);
        world.define(off);
        world.run(web);
        world.stopAgent();
        world.letGo(web);
        world.libvirt.deactivate(web.id());
        world.libvirt.activate(off);
        world.open(off);
        DomainSpec fresh = domain("fresh").nic(4, "vnet3").spec();
        world.libvirt.define(fresh);
        world.start();
        assertThat(world.masterOf("vnet0")).isEmpty();
        assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
        assertThat(world.nic(3).state()).isEqualTo(NicState.WIRED);
        assertThat(world.nic(4).state()).isEqualTo(NicState.READY);
    }

    @Test
    void aDomainUndefinedMeanwhileLosesItsTapAfterTheGraceTime() {
        world.network(Network.of("blue", "br0"));
        world.start();
        world.define(off);
        world.define(web);
        world.stopAgent();
        world.libvirt.undefine(off.id());
        world.start();
        world.pass(World.GRACE.minus(Duration.ofSeconds(1)));
        assertThat(world.devices()).contains("vnet2");
        world.pass(Duration.ofSeconds(2));
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0", "vnet1");
        assertThat(world.told.problems).isEmpty();
    }

    @Test
    void aNicThatTheConfigurationSendsElsewhereNowIsMoved() {
        world.network(Network.of("blue", "br0"));
        world.start();
        world.define(web);
        world.run(web);
        world.stopAgent();
        world.addBridge("br1");
        world.networks.putAll(Map.of("default", Network.of("default", "br1")));
        world.start();
        assertThat(world.masterOf("vnet0")).isEqualTo("br1");
        assertThat(world.masterOf("vnet1")).isEqualTo("br0");
    }
}
