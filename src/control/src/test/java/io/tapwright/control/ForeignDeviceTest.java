package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.status.NicState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not Tapwright's is refused by name and never touched. */
class ForeignDeviceTest {

    private final World world = World.withDefaultBridge();

    @ParameterizedTest
    @ValueSource(strings = {"", "bridge", "veth", "tun"})
    void aTargetDevThatNamesSomebodyElsesDeviceIsRefusedAndTheDeviceLeftAsItIs(String kind) {
        if (kind.equals("tun")) {
            world.makeTap("theirs");
        } else {
            world.kernel.addForeign(new InterfaceName("theirs"), kind);
        }
        List<String> before = SeenKernel.describe(world.kernel);
        DomainSpec greedy = domain("greedy").nic(1, "theirs").spec();
        world.start();
        world.define(greedy);
        assertThat(world.nic(1).state()).isEqualTo(NicState.FAILED);
        assertThat(world.nic(1).reason()).contains("target dev 'theirs'").contains("not Tapwright's");
        assertThat(world.prepare(greedy)).isInstanceOfSatisfying(HookAnswer.Refused.class, refused ->
                assertThat(refused.reasons()).containsExactly("domain 'greedy' NIC 52:54:00:00:00:01 (theirs): " + world.nic(1).reason()));
        world.agent.stopped(greedy);
        world.agent.released(greedy);
        world.libvirt.deactivate(greedy.id());
        world.undefine(greedy);
        world.passAWhile();
        assertThat(SeenKernel.describe(world.kernel)).isEqualTo(before);
        assertThat(world.kernel.applied()).isEmpty();
    }

    @Test
    void theLoopbackDeviceIsRefusedLikeAnyOther() {
        world.start();
        assertThat(world.prepare(domain("greedy").nic(1, "lo").spec())).isInstanceOf(HookAnswer.Refused.class);
        assertThat(world.kernel.applied()).isEmpty();
    }

    @Test
    void aRefusalThatLastsIsSaidOnceHoweverLong() {
        world.kernel.addForeign(new InterfaceName("theirs"), "veth");
        world.start();
        world.define(domain("greedy").nic(1, "theirs").spec());
        for (int i = 0; i < 60; i++) {
            world.pass(Duration.ofSeconds(60));
            world.resync();
        }
        assertThat(world.told.nicHistory()).containsExactly("theirs failed");
        assertThat(world.told.retries).isEmpty();
        assertThat(world.told.problems).isEmpty();
    }

    @Test
    void theNameIsTakenAsSoonAsTheForeignDeviceIsGone() {
        world.kernel.addForeign(new InterfaceName("theirs"), "veth");
        world.start();
        world.define(domain("greedy").nic(1, "theirs").spec());
        world.delete("theirs");
        world.settle();
        assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
        assertThat(world.link("theirs").isTap()).isTrue();
    }

    @Test
    void aForeignDeviceInThePlaceOfATapThatWasDeletedIsNotTouched() {
        DomainSpec web = domain("web").nic(1, "vnet0").spec();
        world.start();
        world.define(web);
        world.delete("vnet0");
        world.makeTap("vnet0");
        int theirs = world.link("vnet0").index();
        world.settle();
        assertThat(world.nic(1).state()).isEqualTo(NicState.FAILED);
        world.undefine(web);
        world.passAWhile();
        assertThat(world.link("vnet0").index()).isEqualTo(theirs);
        assertThat(world.link("vnet0").alias()).isEmpty();
    }

    @Test
    void ofTwoDomainsWithOneTargetTheFirstKeepsItAndTheSecondIsToldWhose() {
        DomainSpec first = domain("first").nic(1, "vnet0").spec();
        DomainSpec second = domain("second").nic(2, "vnet0").spec();
        world.start();
        world.define(first);
        world.run(first);
        world.define(second);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.nic(2).state()).isEqualTo(NicState.FAILED);
        assertThat(world.nic(2).reason()).isEqualTo("target dev 'vnet0' is the tap of NIC 52:54:00:00:00:01 of domain 'first' ("
                + first.id() + "); give one of them another target dev");
        assertThat(world.prepare(second)).isInstanceOf(HookAnswer.Refused.class);
        world.agent.stopped(second);
        world.agent.released(second);
        world.libvirt.deactivate(second.id());
        world.settle();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        world.undefine(second);
        assertThat(world.link("vnet0").alias()).contains("domain=first");
    }

    @Test
    void theSecondGetsTheTargetOnceTheFirstIsGone() {
        DomainSpec first = domain("first").nic(1, "vnet0").spec();
        DomainSpec second = domain("second").nic(2, "vnet0").spec();
        world.start();
        world.define(first);
        world.define(second);
        world.undefine(first);
        assertThat(world.nic(2).state()).isEqualTo(NicState.READY);
        assertThat(world.link("vnet0").alias()).contains("domain=second");
    }

    @Test
    void theTapsOfAnotherInstanceAreAnothersEvenOfTheSameDomain() {
        DomainSpec web = domain("web").nic(1, "vnet0").spec();
        world.start();
        world.define(web);
        String theirs = world.link("vnet0").alias().replace("tapwright:main", "tapwright:dev");
        world.change("vnet0", LinkChange.NONE.alias(theirs));
        world.settle();
        assertThat(world.nic(1).reason()).isEqualTo(
                "target dev 'vnet0' is a tap of another Tapwright, instance 'dev'; give the NIC another target dev");
        world.undefine(web);
        world.pass(World.GRACE);
        world.pass(World.GRACE);
        assertThat(world.link("vnet0").alias()).isEqualTo(theirs);
    }

    @Test
    void aDeviceThatIsNoTapIsNotReapedForCarryingAMark() {
        Link veth = world.kernel.addForeign(new InterfaceName("veth0"), "veth");
        world.change("veth0", LinkChange.NONE.alias("tapwright:main tap uuid=" + domain("web").spec().id()
                + " mac=52:54:00:00:00:01 domain=web"));
        world.start();
        world.pass(World.GRACE);
        world.pass(World.GRACE);
        assertThat(world.link("veth0").index()).isEqualTo(veth.index());
        assertThat(world.kernel.applied()).isEmpty();
    }
}
