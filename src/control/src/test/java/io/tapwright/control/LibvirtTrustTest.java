package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.status.NicState;
import io.tapwright.testkit.libvirt.FakeHypervisor.Listing;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A libvirt that can't be reached, or that says strange things, tears nothing down; an old answer undoes no news. */
class LibvirtTrustTest {

    private final World world = World.withDefaultBridge();
    private final DomainSpec web = domain("web").nic(1, "vnet0").spec();
    private final DomainSpec db = domain("db").nic(2, "vnet1").spec();

    @Test
    void anUnreachableLibvirtLeavesEverythingAsItIsForEver() {
        world.start();
        world.define(web);
        world.run(web);
        world.define(db);
        List<String> before = SeenKernel.describe(world.kernel);
        world.libvirt.disconnect("connection refused");
        for (int i = 0; i < 20; i++) {
            world.pass(World.GRACE);
            world.resync();
        }
        assertThat(SeenKernel.describe(world.kernel)).isEqualTo(before);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.agent.libvirt()).returns("disconnected", l -> l.state()).returns("connection refused", l -> l.reason());
    }

    @Test
    void anAgentThatNeverReachedLibvirtTearsNothingDown() {
        world.start();
        world.define(web);
        world.stopAgent();
        world.startWithoutLibvirt();
        for (int i = 0; i < 20; i++) {
            world.pass(World.GRACE);
        }
        assertThat(world.devices()).contains("vnet0");
        assertThat(world.agent.domains()).isEmpty();
    }

    @Test
    void theHookIsAnsweredWithoutLibvirt() {
        world.startWithoutLibvirt();
        world.run(web);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        world.letGo(web);
        world.agent.stopped(web);
        world.agent.released(web);
        world.settle();
        assertThat(world.nic(1).reason()).isNull();
        assertThat(world.masterOf("vnet0")).isEmpty();
    }

    @Test
    void whatHappenedWhileLibvirtWasAwayIsCaughtUpWith() {
        DomainSpec late = domain("late").nic(3, "vnet2").spec();
        world.start();
        world.define(web);
        world.define(db);
        world.runWithoutHook(db);
        world.libvirt.disconnect("libvirtd is gone");
        world.libvirt.undefine(web.id());
        world.letGo(db);
        world.libvirt.deactivate(db.id());
        world.libvirt.define(late);
        world.settle();
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0", "vnet1");
        world.libvirt.connect();
        world.settle();
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet1", "vnet2");
        assertThat(world.nic(2).state()).isEqualTo(NicState.READY);
        assertThat(world.masterOf("vnet1")).isEmpty();
    }

    @Test
    void aVmStartedWhileLibvirtWasAwayIsWiredWhenItComesBack() {
        world.start();
        world.define(web);
        world.libvirt.disconnect("libvirtd is gone");
        world.libvirt.activate(web);
        world.open(web);
        world.settle();
        world.libvirt.connect();
        world.settle();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    @Test
    void anEmptyListIsNotBelievedWhileATapIsHeld() {
        world.start();
        world.define(web);
        world.run(web);
        world.define(db);
        List<String> before = SeenKernel.describe(world.kernel);
        world.libvirt.forgetEverything();
        for (int i = 0; i < 20; i++) {
            world.pass(World.GRACE);
            world.resync();
        }
        assertThat(SeenKernel.describe(world.kernel)).isEqualTo(before);
        assertThat(world.nic(2).state()).isEqualTo(NicState.READY);
        assertThat(world.told.problems).containsExactly("libvirt lists no domain at all, but some process holds tap vnet0 open:"
                + " nothing is torn down before it lists one or the tap is let go");
    }

    @Test
    void anEmptyListIsBelievedOnlyOnceLibvirtHasInsisted() {
        world.start();
        world.define(web);
        world.libvirt.forgetEverything();
        world.resync();
        assertThat(world.devices()).contains("vnet0");
        world.pass(World.GRACE.dividedBy(2));
        world.resync();
        assertThat(world.devices()).contains("vnet0");
        world.pass(World.GRACE);
        world.resync();
        assertThat(world.devices()).containsExactly("br0", "lo");
        assertThat(world.told.problems).hasSize(1);
    }

    @Test
    void anEmptyListAfterARestartReapsNothingWhileAnotherTapIsHeld() {
        world.start();
        world.define(web);
        world.run(web);
        world.define(db);
        world.stopAgent();
        world.libvirt.forgetEverything();
        world.start();
        for (int i = 0; i < 5; i++) {
            world.pass(World.GRACE);
            world.resync();
        }
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0", "vnet1");
    }

    @Test
    void theLastDomainIsUndefinedWithoutDoubt() {
        world.start();
        world.define(web);
        world.undefine(web);
        assertThat(world.devices()).containsExactly("br0", "lo");
        assertThat(world.told.problems).isEmpty();
    }

    @Test
    void aListFromBeforeAPrepareDoesNotTakeTheDomainForGone() {
        world.start();
        Listing old = world.libvirt.list();
        world.libvirt.activate(web);
        var answer = world.agent.prepare(web);
        world.libvirt.hand(old);
        assertThat(world.await(answer)).isEqualTo(new HookAnswer.Ready());
        world.settle();
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
    }

    @Test
    void aTapThatIsHeldStaysAttachedThoughLibvirtCallsTheDomainOff() {
        world.start();
        world.define(web);
        world.run(web);
        world.libvirt.deactivate(web.id());
        world.libvirt.hand(world.libvirt.list());
        world.settle();
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
        assertThat(world.nic(1).reason()).contains("vnet0").contains("until it is let go");
        world.letGo(web);
        world.settle();
        assertThat(world.masterOf("vnet0")).isEmpty();
        assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
    }

    @Test
    void aListFromBeforeAPrepareDoesNotDetachTheDomain() {
        world.start();
        world.define(web);
        Listing old = world.libvirt.list();
        world.prepare(web);
        world.libvirt.hand(old);
        world.settle();
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
        assertThat(world.told.nicHistory()).containsExactly("vnet0 ready", "vnet0 pending");
    }

    @Test
    void aListFromBeforeAReleaseDoesNotBringATransientDomainBack() {
        world.start();
        world.run(web);
        Listing old = world.libvirt.list();
        world.letGo(web);
        world.agent.stopped(web);
        world.agent.released(web);
        world.libvirt.hand(old);
        world.settleWithoutLibvirt();
        assertThat(world.devices()).containsExactly("br0", "lo");
        world.libvirt.deactivate(web.id());
        world.settle();
        assertThat(world.devices()).containsExactly("br0", "lo");
        assertThat(world.told.removedDomains).hasSize(1);
    }

    @Test
    void anAnswerAboutADomainFromBeforeItsStopDoesNotWireItAgain() {
        world.start();
        world.define(web);
        world.run(web);
        var old = world.libvirt.read(web.id());
        world.letGo(web);
        world.agent.stopped(web);
        world.libvirt.deactivate(web.id());
        world.libvirt.listener().onDomain(old);
        world.settle();
        assertThat(world.masterOf("vnet0")).isEmpty();
        assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
    }

    @Test
    void aDomainThatLibvirtCanNotTellOfKeepsWhatItHas() {
        world.start();
        world.define(web);
        world.run(web);
        world.define(db);
        world.libvirt.unreadable(web.id(), "domain 'web': its XML can't be understood");
        world.libvirt.unreadable(db.id(), "domain 'db': its XML can't be understood");
        world.resync();
        world.resync();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.nic(2).state()).isEqualTo(NicState.READY);
        world.restart();
        for (int i = 0; i < 5; i++) {
            world.pass(World.GRACE);
            world.resync();
        }
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0", "vnet1");
        assertThat(world.told.problems).contains("domain 'web': its XML can't be understood");
        world.libvirt.unreadable(web.id(), null);
        world.resync();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    @Test
    void theReaperWaitsForTheListOfThisConnection() {
        world.start();
        world.define(web);
        world.define(db);
        world.stopAgent();
        world.libvirt.undefine(web.id());
        world.start();
        world.libvirt.disconnect("libvirtd is gone");
        world.pass(World.GRACE.multipliedBy(2));
        world.resync();
        assertThat(world.devices()).contains("vnet0");
        // Connected, but not listed yet: what is known is what the last connection said.
        world.libvirt.connect();
        for (int i = 0; i < 3; i++) {
            world.clock.pass(World.GRACE.multipliedBy(2));
            world.agent.resync();
            world.agent.drain();
        }
        assertThat(world.devices()).contains("vnet0");
        world.settle();
        world.pass(World.GRACE.minus(Duration.ofSeconds(1)));
        assertThat(world.devices()).contains("vnet0");
        world.pass(Duration.ofSeconds(2));
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet1");
    }
}
