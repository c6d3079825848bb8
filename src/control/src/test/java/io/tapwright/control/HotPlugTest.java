package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static io.tapwright.testkit.libvirt.DomainBuilder.mac;
import static io.tapwright.testkit.libvirt.DomainBuilder.nicOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.status.NicState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A NIC that is plugged into a running VM, and one that is pulled out. */
class HotPlugTest {

    private final World world = World.withDefaultBridge();
    private final DomainSpec web = domain("web").nic(1, "vnet0").spec();
    private final InterfaceSpec second = nicOf(mac(2), "vnet1", 1, true);
    private final DomainSpec both = domain("web").nic(1, "vnet0").with(second).spec();

    @BeforeEach
    void aRunningVm() {
        world.start();
        world.define(web);
        world.run(web);
    }

    private void announce(InterfaceSpec nic) {
        assertThat(world.await(world.agent.announce("web", nic))).isEqualTo(new HookAnswer.Ready());
    }

    private void pluggedIn() {
        world.kernel.hold(new InterfaceName("vnet1"));
        world.libvirt.change(both, "DEVICE_ADDED");
        world.settle();
    }

    @Test
    void anAnnouncedNicHasItsTapBeforeLibvirtLooksForIt() {
        announce(second);
        assertThat(world.masterOf("vnet1")).isEqualTo("br0");
        assertThat(world.link("vnet1").up()).isTrue();
        pluggedIn();
        assertThat(world.nic(2).state()).isEqualTo(NicState.WIRED);
        assertThat(world.told.problems).isEmpty();
    }

    @Test
    void anAnnouncementThatNothingFollowsLapsesAndItsTapGoes() {
        announce(second);
        world.pass(World.ANNOUNCEMENT.minus(Duration.ofSeconds(1)));
        assertThat(world.devices()).contains("vnet1");
        world.pass(Duration.ofSeconds(2));
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0");
        assertThat(world.status(web.id()).nics()).hasSize(1);
    }

    @Test
    void anAnnouncementLapsesThoughSomethingElseOfTheDomainIsTriedAgainMeanwhile() {
        world.delete("br0");
        world.settle();
        world.pass(Duration.ofSeconds(1));
        world.agent.announce("web", second);
        world.settle();
        assertThat(world.devices()).contains("vnet1");
        for (int i = 0; i < 5; i++) {
            world.pass(World.ANNOUNCEMENT);
        }
        assertThat(world.devices()).containsExactly("lo", "vnet0");
    }

    @Test
    void anAnnouncementSurvivesWhatLibvirtSaysBeforeThePlug() {
        announce(second);
        world.resync();
        assertThat(world.devices()).contains("vnet1");
    }

    @Test
    void theSameNicCanBeAnnouncedAgainAndOtherwise() {
        announce(second);
        announce(second);
        InterfaceSpec elsewhere = nicOf(mac(2), "vnet9", 1, true);
        announce(elsewhere);
        world.settle();
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0", "vnet9");
    }

    @Test
    void aNicThatIsThereAlreadyCanBeAnnouncedToo() {
        announce(web.interfaces().getFirst());
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.status(web.id()).nics()).hasSize(1);
    }

    @Test
    void anAnnouncementThatCanNotBeHadIsRefusedWithTheReason() {
        world.addBridge("theirs");
        assertThat(world.await(world.agent.announce("web", nicOf(mac(2), "theirs", 1, true))))
                .isInstanceOfSatisfying(HookAnswer.Refused.class, refused -> assertThat(refused.reasons()).singleElement().asString()
                        .startsWith("domain 'web' NIC 52:54:00:00:00:02 (theirs): target dev 'theirs'"));
        assertThat(world.await(world.agent.announce("web", nicOf(mac(2), "vnet0", 1, true)))).isInstanceOf(HookAnswer.Refused.class);
    }

    @Test
    void nothingCanBePluggedIntoADomainThatDoesNotRun() {
        HookAnswer refused = new HookAnswer.Refused(List.of("domain 'web' does not run, so no NIC can be plugged into it"));
        world.stop(web);
        assertThat(world.await(world.agent.announce("web", second))).isEqualTo(refused);
        assertThat(world.await(world.agent.announce("nobody", second))).isInstanceOf(HookAnswer.Refused.class);
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0");
    }

    @Test
    void aPluggedNicWithoutAnAnnouncementIsWiredByItsEvent() {
        // As with a script of type ethernet, or a tap that was made by hand and given our mark: libvirt finds it or fails.
        world.define(both);
        assertThat(world.link("vnet1").up()).as("cold-plugged for the next start").isFalse();
        pluggedIn();
        assertThat(world.nic(2).state()).isEqualTo(NicState.WIRED);
        assertThat(world.masterOf("vnet1")).isEqualTo("br0");
    }

    @Test
    void aPulledNicKeepsItsTapWhileQemuHoldsItAndLosesItThen() {
        announce(second);
        pluggedIn();
        world.libvirt.change(web, "DEVICE_REMOVED");
        world.settle();
        assertThat(world.devices()).contains("vnet1");
        assertThat(world.told.removedNics).extracting(n -> n.tap()).containsExactly("vnet1");
        world.pass(Duration.ofMinutes(10));
        assertThat(world.devices()).contains("vnet1");
        assertThat(world.told.problems).isEmpty();
        assertThat(world.told.retries).isEmpty();
        world.kernel.release(new InterfaceName("vnet1"));
        world.settle();
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0");
    }

    @Test
    void aPulledNicWhoseTapSaysNothingWhenItIsLetGoIsLookedAtAfterAWhile() {
        announce(second);
        pluggedIn();
        LateNews deaf = new LateNews();
        world.through(deaf::over);
        world.restart();
        world.libvirt.change(web, "DEVICE_REMOVED");
        world.settle();
        world.kernel.release(new InterfaceName("vnet1"));
        world.settle();
        assertThat(world.devices()).contains("vnet1");
        world.pass(Duration.ofSeconds(6));
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0");
    }

    @Test
    void aTransientDomainThatEndsWhileItsTapIsHeldLosesItWhenItIsLetGo() {
        DomainSpec once = domain("once").nic(5, "vnet5").spec();
        world.run(once);
        world.agent.stopped(once);
        world.agent.released(once);
        world.libvirt.deactivate(once.id());
        world.settle();
        assertThat(world.devices()).contains("vnet5");
        world.letGo(once);
        world.settle();
        assertThat(world.devices()).doesNotContain("vnet5");
    }
}
