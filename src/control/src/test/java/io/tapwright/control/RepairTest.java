package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.status.NicState;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What others do to our devices is noticed by the kernel's news alone and put right. */
class RepairTest {

    private final World world = World.withDefaultBridge();
    private final DomainSpec web = domain("web").nic(1, "vnet0").spec();

    @BeforeEach
    void aRunningVm() {
        world.start();
        world.define(web);
        world.run(web);
        world.told.forget();
    }

    enum Drift {
        MOVED("master", w -> w.change("vnet0", LinkChange.NONE.master(w.addBridge("br9").index()))),
        DETACHED("master", w -> w.change("vnet0", LinkChange.NONE.master(Link.NO_MASTER))),
        DOWNED("state", w -> w.change("vnet0", LinkChange.NONE.up(false))),
        RESIZED("mtu", w -> w.change("vnet0", LinkChange.NONE.mtu(1400))),
        READDRESSED("mac", w -> w.change("vnet0", LinkChange.NONE.mac(new MacAddress("02:00:00:00:00:77")))),
        MARK_WIPED("alias", w -> w.change("vnet0", LinkChange.NONE.alias(""))),
        MARK_SCRIBBLED_OVER("alias", w -> w.change("vnet0", LinkChange.NONE.alias("test network, do not touch")));

        private final String kind;
        private final Consumer<World> act;

        Drift(String kind, Consumer<World> act) {
            this.kind = kind;
            this.act = act;
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatSomebodyChangedOnATapIsPutRightWithOneWrite(Drift drift) {
        List<String> before = SeenKernel.describe(world.kernel);
        drift.act.accept(world);
        world.agent.drain();
        assertThat(SeenKernel.describe(world.kernel)).containsAll(before);
        assertThat(world.told.applied).hasSize(1);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.told.nics).as("no change of state in between: it was put right before anybody looked").isEmpty();
        assertThat(world.told.drift).containsExactly("domain 'web' NIC 52:54:00:00:00:01 vnet0 " + drift.kind);
    }

    @Test
    void aTapThatWasDeletedUnderARunningVmIsMadeAgainAndTheVmSaidToNeedMore() {
        world.delete("vnet0");
        world.agent.drain();
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
        assertThat(world.nic(1)).returns(NicState.PENDING, n -> n.state()).returns(
                "the VM runs but no process holds tap vnet0 open; unplug and plug the NIC, or restart the VM", n -> n.reason());
    }

    @Test
    void aBridgeThatIsDeletedAndMadeAgainGetsAllItsTapsBack() {
        List<DomainSpec> more = IntStream.range(2, 22).mapToObj(i -> domain("vm" + i).nic(i, "vnet" + i).spec()).toList();
        more.forEach(spec -> {
            world.define(spec);
            world.run(spec);
        });
        world.delete("br0");
        world.agent.drain();
        assertThat(world.nic(1)).returns(NicState.FAILED, n -> n.state())
                .returns("bridge br0 of network 'default' does not exist; create it, or set tapwright.networks.default.create",
                        n -> n.reason());
        assertThat(world.link("vnet0").up()).as("left as it was, for the bridge to come back").isTrue();
        world.told.forget();
        world.addBridge("br0");
        world.agent.drain();
        assertThat(world.agent.domains()).flatExtracting(d -> d.nics()).extracting(n -> n.state()).containsOnly(NicState.WIRED);
        assertThat(world.told.applied).as("one write a NIC").hasSize(21);
    }

    @Test
    void aBridgeIsMadeAgainAndTakenBackWithNobodyWaitingInBetween() {
        world.delete("br0");
        world.addBridge("br0");
        world.agent.drain();
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
        assertThat(world.told.nicHistory()).doesNotContain("vnet0 failed");
    }

    @Test
    void aBridgeThatChangesUnderTheVeryWriteIsLookedAtAgain() {
        world.change("vnet0", LinkChange.NONE.master(Link.NO_MASTER));
        boolean[] done = new boolean[1];
        world.through(kernel -> new BeforeApply(kernel, action -> {
            if (!done[0]) {
                done[0] = true;
                world.delete("br0");
                world.addBridge("br0");
            }
        }));
        world.restart();
        assertThat(done).containsExactly(true);
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.told.retries).isEmpty();
    }

    @Test
    void theMtuOfABridgeReachesEveryTapOnItEvenIfAWorkerSawItFirst() {
        DomainSpec db = domain("db").nic(2, "vnet1").spec();
        world.define(db);
        world.run(db);
        // The kernel's news of the bridge are late: another cause brings a worker to look at it before them.
        LateNews late = new LateNews();
        world.through(late::over);
        world.restart();
        world.change("br0", LinkChange.NONE.mtu(9000));
        world.libvirt.change(web, "METADATA_CHANGE");
        world.settle();
        assertThat(world.link("vnet0").mtu()).isEqualTo(9000);
        late.arrive();
        world.settle();
        assertThat(world.link("vnet1").mtu()).isEqualTo(9000);
    }

    @Test
    void aBridgeThatIsDownIsSaidToBeAndItsReturnNoticed() {
        world.change("br0", LinkChange.NONE.up(false));
        world.agent.drain();
        assertThat(world.nic(1).reason()).isEqualTo("bridge br0 is down; raise it with: ip link set br0 up");
        world.change("br0", LinkChange.NONE.up(true));
        world.agent.drain();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    @Test
    void aTapThatWasRenamedInUseGetsItsNameBack() {
        world.kernel.rename(new InterfaceName("vnet0"), new InterfaceName("stolen"));
        world.settle();
        assertThat(world.devices()).as("the one in use, and no second beside it").containsExactly("br0", "lo", "vnet0");
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.told.retries).isEmpty();
    }

    @Test
    void aTapThatWasRenamedWhileTheVmWasOffIsMadeAnew() {
        world.stop(web);
        world.kernel.rename(new InterfaceName("vnet0"), new InterfaceName("stolen"));
        world.settle();
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0");
        world.undefine(web);
        assertThat(world.devices()).containsExactly("br0", "lo");
    }

    @Test
    void aTapThatWasRenamedGetsItsNameBackFromANewAgent() {
        world.kernel.rename(new InterfaceName("vnet0"), new InterfaceName("stolen"));
        world.restart();
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0");
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    @Test
    void aTapWhoseMarkWasWipedOffGoesWithItsDomainAllTheSame() {
        world.stop(web);
        world.change("vnet0", LinkChange.NONE.alias("mine"));
        world.libvirt.undefine(web.id());
        world.libvirt.deliver(); // before anybody had time to put the mark back
        world.settle();
        assertThat(world.devices()).containsExactly("br0", "lo");
    }

    @Test
    void lostNewsAreMadeUpForByALookAtEverything() {
        LateNews deaf = new LateNews();
        world.through(deaf::over);
        world.restart();
        world.change("vnet0", LinkChange.NONE.master(Link.NO_MASTER));
        world.agent.drain();
        assertThat(world.masterOf("vnet0")).isEmpty();
        deaf.overrun();
        world.agent.drain();
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
    }

    @ParameterizedTest
    @EnumSource
    void theTimerFindsWhatNobodyTold(Drift drift) {
        LateNews deaf = new LateNews();
        world.through(deaf::over);
        world.restart();
        List<String> before = SeenKernel.describe(world.kernel);
        drift.act.accept(world);
        world.resync();
        if (drift == Drift.MOVED) {
            world.delete("br9");
        }
        assertThat(SeenKernel.describe(world.kernel)).isEqualTo(before);
    }

    @Test
    void aFullBridgeIsSaidByTheKernelsOwnWord() {
        world.kernel.refuse(a -> a instanceof HostAction.CreateTap, Errno.EXFULL);
        DomainSpec one = domain("one").nic(2, "vnet1").spec();
        assertThat(world.prepare(one)).isInstanceOfSatisfying(HookAnswer.Refused.class,
                refused -> assertThat(refused.reasons().getFirst()).contains("create tap vnet1").contains("EXFULL"));
    }

    @Test
    void aKernelThatRefusesForGoodIsAskedEverMoreSlowly() {
        world.kernel.refuse(a -> a instanceof HostAction.ChangeLink, Errno.EPERM);
        world.change("vnet0", LinkChange.NONE.up(false));
        world.settle();
        for (int i = 0; i < 600; i++) {
            world.pass(Duration.ofSeconds(1));
        }
        assertThat(world.told.failures).hasSizeBetween(20, 50);
        assertThat(world.told.nicHistory()).as("said once").containsExactly("vnet0 failed");
        assertThat(world.told.problems).isEmpty();
        world.kernel.relent();
        world.pass(Duration.ofSeconds(40));
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    @Test
    void aFightOverATapEndsInAReportAndInPausesThatGrow() {
        int br9 = world.addBridge("br9").index();
        world.through(kernel -> new AfterApply(kernel, action -> {
            if (action instanceof HostAction.ChangeLink) {
                world.change("vnet0", LinkChange.NONE.master(br9));
            }
        }));
        world.restart();
        world.change("vnet0", LinkChange.NONE.master(br9));
        world.told.forget();
        world.settle();
        assertThat(world.nic(1).state()).isEqualTo(NicState.FAILED);
        assertThat(world.nic(1).reason()).isEqualTo("tap vnet0 was put right again and again, and somebody else undoes it each time;"
                + " Tapwright tries again ever more slowly; find out who else configures it");
        int atFirst = world.told.applied.size();
        assertThat(atFirst).isBetween(5, 15);
        for (int i = 0; i < 300; i++) {
            world.pass(Duration.ofSeconds(1));
        }
        assertThat(world.told.applied.size() - atFirst).as("more tries in five minutes").isBetween(5, 20);
        assertThat(world.told.nicHistory()).containsExactly("vnet0 failed");

        world.through(kernel -> kernel);
        world.restart();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    @Test
    void aFightThatTheOtherGivesUpIsWon() {
        boolean[] fighting = {true};
        int br9 = world.addBridge("br9").index();
        world.through(kernel -> new AfterApply(kernel, action -> {
            if (fighting[0]) {
                world.change("vnet0", LinkChange.NONE.master(br9));
            }
        }));
        world.restart();
        world.change("vnet0", LinkChange.NONE.master(br9));
        world.settle();
        fighting[0] = false;
        world.passAWhile();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
    }

    @Test
    void whoeverPutsATapWrongNowAndThenIsPutRightEveryTime() {
        for (int i = 0; i < 50; i++) {
            world.change("vnet0", LinkChange.NONE.up(false));
            world.agent.drain();
            assertThat(world.link("vnet0").up()).isTrue();
            world.pass(Duration.ofSeconds(6));
        }
    }

    @Test
    void aVmThatIsStartedAndStoppedManyTimesIsNoFight() {
        for (int i = 0; i < 50; i++) {
            world.stop(web);
            world.run(web);
        }
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.told.nicHistory()).doesNotContain("vnet0 failed");
        assertThat(world.told.drift).as("what was wanted is no drift").isEmpty();
    }

    @Test
    void aTapThatIsHeldLongerThanItsVmIsSaidToRunIsDetachedWithoutDrift() {
        world.agent.stopped(web);
        world.agent.released(web);
        world.libvirt.deactivate(web.id());
        world.settle();
        assertThat(world.nic(1).state()).isEqualTo(NicState.PENDING);
        world.letGo(web);
        world.settle();
        assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
        assertThat(world.masterOf("vnet0")).isEmpty();
        assertThat(world.told.drift).isEmpty();
    }
}
