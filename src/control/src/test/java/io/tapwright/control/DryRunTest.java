package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.NicState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A dry run plans and reports and changes nothing, whatever happens. */
class DryRunTest {

    private final World world = World.withDefaultBridge();
    private final DomainSpec web = domain("web").nic(1, "vnet0").spec();

    @Test
    void saysWhatItWouldDoAndKeepsNobodyFromStarting() {
        world.dryRun = true;
        world.network(World.made("blue", "br1", "10.1.0.1/24")).start();
        world.define(web);
        assertThat(world.nic(1).state()).isEqualTo(NicState.PENDING);
        assertThat(world.nic(1).reason()).startsWith("dry run: would create tap vnet0 (");
        assertThat(world.agent.networks()).filteredOn(n -> n.name().equals("blue")).singleElement()
                .returns(NicState.PENDING, n -> n.state())
                .satisfies(n -> assertThat(n.reason()).startsWith("dry run: would create bridge br1 ("));
        assertThat(world.prepare(web)).isEqualTo(new HookAnswer.Ready());
        assertThat(world.kernel.applied()).isEmpty();
        assertThat(world.devices()).containsExactly("br0", "lo");
    }

    @Test
    void listsWhatItWouldReapAndReapsNothing() {
        world.start();
        world.define(web);
        world.stopAgent();
        world.libvirt.undefine(web.id());
        world.dryRun = true;
        world.start();
        world.pass(World.GRACE);
        world.pass(World.GRACE);
        world.resync();
        assertThat(world.told.problems).containsExactly("dry run: would delete vnet0, which belongs to no domain ("
                + world.link("vnet0").alias() + ")");
    }

    @Test
    void changesNothingOfARealRunsWork() {
        world.network(World.withUplink(World.made("blue", "br1", "10.1.0.1/24"), "eth1", false));
        world.kernel.addForeign(new InterfaceName("eth1"), "");
        world.start();
        world.define(web);
        world.run(web);
        world.stopAgent();
        List<String> before = SeenKernel.describe(world.kernel);
        int applied = world.kernel.applied().size();

        world.dryRun = true;
        world.networks.clear();
        world.network(Network.of("default", "br0"));
        world.start();
        world.stop(web);
        world.undefine(web);
        world.passAWhile();
        world.change("vnet0", LinkChange.NONE.mtu(1400));
        world.change("vnet0", LinkChange.NONE.mtu(1500));
        world.resync();
        assertThat(world.kernel.applied()).hasSize(applied);
        assertThat(SeenKernel.describe(world.kernel)).hasSameSizeAs(before);
        assertThat(world.told.problems).contains("dry run: would delete br1", "dry run: would detach uplink eth1 from br1");
    }

    @Test
    void saysWhereABridgeIsMissingThatItWouldMake() {
        world.start();
        world.define(web);
        world.stopAgent();
        world.delete("br0");
        world.dryRun = true;
        world.networks.put("default", World.made("default", "br0"));
        world.start();
        assertThat(world.nic(1).state()).isEqualTo(NicState.PENDING);
        assertThat(world.nic(1).reason()).startsWith("bridge br0 of network 'default' does not exist: dry run: would create bridge br0");
    }
}
