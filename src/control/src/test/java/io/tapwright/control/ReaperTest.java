package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.status.NicState;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A tap with our mark whose domain nobody knows: left by an agent that died, or by a libvirtd that did. */
class ReaperTest {

    private final World world = World.withDefaultBridge();
    private final DomainSpec lost = domain("lost").nic(1, "vnet0").spec();

    @BeforeEach
    void anOrphanAndAnotherDomain() {
        world.start();
        world.define(lost);
        world.define(domain("kept").nic(2, "vnet1").spec());
        world.stopAgent();
        world.libvirt.undefine(lost.id());
    }

    @Test
    void isRemovedOnlyAfterTheGraceTimeAndByItself() {
        world.start();
        world.pass(World.GRACE.minus(Duration.ofSeconds(2)));
        assertThat(world.devices()).contains("vnet0");
        world.pass(Duration.ofSeconds(4));
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet1");
        assertThat(world.told.reaped).containsExactly("vnet0");
    }

    @Test
    void isNeverRemovedWhileSomeProcessHoldsIt() {
        world.kernel.hold(new InterfaceName("vnet0"));
        world.start();
        for (int i = 0; i < 10; i++) {
            world.pass(World.GRACE);
            world.resync();
        }
        assertThat(world.devices()).contains("vnet0");
        assertThat(world.told.problems).containsExactly("tap vnet0 carries the mark of a domain that does not exist ("
                + world.link("vnet0").alias() + ") but some process holds it open: left alone until it is let go");
        world.kernel.release(new InterfaceName("vnet0"));
        world.settle();
        assertThat(world.devices()).doesNotContain("vnet0");
    }

    @Test
    void isNeverRemovedWhileLibvirtIsAway() {
        world.startWithoutLibvirt();
        world.pass(Duration.ofDays(1));
        world.resync();
        assertThat(world.devices()).contains("vnet0");
    }

    @Test
    void countsTheGraceTimeAnewAfterLibvirtWasAway() {
        world.start();
        world.pass(World.GRACE.minus(Duration.ofSeconds(5)));
        world.libvirt.disconnect("gone");
        world.resync();
        world.libvirt.connect();
        world.settle();
        world.pass(Duration.ofSeconds(30));
        assertThat(world.devices()).contains("vnet0");
        world.pass(World.GRACE);
        assertThat(world.devices()).doesNotContain("vnet0");
    }

    @Test
    void isAdoptedByADomainThatComesBackWithinTheGraceTime() {
        world.start();
        int index = world.link("vnet0").index();
        world.pass(World.GRACE.dividedBy(2));
        world.define(lost);
        world.pass(World.GRACE);
        assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
        assertThat(world.link("vnet0").index()).isEqualTo(index);
    }

    @Test
    void isAdoptedByAPrepareThatArrivesTogetherWithItsEnd() {
        world.start();
        world.clock.pass(World.GRACE.plus(Duration.ofSeconds(1)));
        world.libvirt.activate(lost);
        var answer = world.agent.prepare(lost);
        assertThat(world.await(answer)).isEqualTo(new HookAnswer.Ready());
        world.settle();
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
    }

    @Test
    void thatTheKernelWillNotDeleteIsTriedAgainAndSaidWhy() {
        world.kernel.refuse(a -> a instanceof HostAction.DeleteLinks || a instanceof HostAction.DeleteLink, Errno.EBUSY);
        world.start();
        world.pass(World.GRACE.plus(Duration.ofSeconds(1)));
        assertThat(world.devices()).contains("vnet0");
        assertThat(world.told.problems).isNotEmpty()
                .allSatisfy(problem -> assertThat(problem).contains("delete").contains("vnet0").contains("EBUSY"));
        world.kernel.relent();
        world.passAWhile();
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet1");
    }

    @Test
    void ofATransientDomainThatDiedWithLibvirtdIsReapedToo() {
        world.start();
        DomainSpec once = domain("once").nic(3, "vnet2").spec();
        world.prepare(once);
        world.stopAgent();
        world.libvirt.deactivate(once.id());
        world.start();
        assertThat(world.masterOf("vnet2")).as("nothing is known of it, so it is left as it is").isEqualTo("br0");
        world.pass(World.GRACE.plus(Duration.ofSeconds(1)));
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet1");
    }
}
