package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static io.tapwright.testkit.libvirt.DomainBuilder.mac;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.Mark;
import io.tapwright.model.NicId;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.NicState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A domain from its definition to its end. */
class DomainLifeTest {

    private final World world = World.withDefaultBridge();
    private final DomainSpec web = domain("web").nic(1, "vnet0").spec();

    @Test
    void aDefinedDomainGetsItsTapMarkedAndDetached() {
        world.start();
        world.define(web);

        Link tap = world.link("vnet0");
        assertThat(tap.isTap()).isTrue();
        assertThat(tap.mark()).contains(new Mark.Tap("main", new NicId(web.id(), mac(1)), "web"));
        assertThat(tap.mac()).contains(mac(1).forTap());
        assertThat(tap.ipv6Disabled()).isTrue();
        assertThat(tap.up()).isFalse();
        assertThat(tap.tun().orElseThrow()).returns(64055, Link.Tun::owner).returns(109, Link.Tun::group)
                .returns(false, Link.Tun::multiQueue).returns(true, Link.Tun::persistent);
        assertThat(world.masterOf("vnet0")).isEmpty();
        assertThat(world.nic(1)).returns(NicState.READY, n -> n.state()).returns(null, n -> n.reason());
        assertThat(world.status(web.id()).phase()).isEqualTo("off");
    }

    @Test
    void aDefinedDomainCostsTheKernelOneWrite() {
        world.start();
        world.define(web);
        assertThat(world.kernel.applied()).hasSize(1);
    }

    @Test
    void prepareWiresItWithOneMoreWriteAndAnswersThatItIsReady() {
        world.start();
        world.define(web);
        assertThat(world.prepare(web)).isEqualTo(new HookAnswer.Ready());

        assertThat(world.kernel.applied()).hasSize(2);
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
        assertThat(world.link("vnet0").up()).isTrue();
        assertThat(world.nic(1)).returns(NicState.PENDING, n -> n.state())
                .returns("waiting for QEMU to open tap vnet0", n -> n.reason());
        assertThat(world.status(web.id()).phase()).isEqualTo("starting");
    }

    @Test
    void startedItIsWiredAndSaidSoOnce() {
        world.start();
        world.define(web);
        world.run(web);

        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.status(web.id()).phase()).isEqualTo("running");
        assertThat(world.told.nicHistory()).containsExactly("vnet0 ready", "vnet0 pending", "vnet0 wired");
        assertThat(world.told.wired).hasSize(1);
        world.resync();
        world.resync();
        assertThat(world.told.nicHistory()).hasSize(3);
        assertThat(world.told.wired).hasSize(1);
    }

    @Test
    void stoppedItIsDetachedAndReadyAgain() {
        world.start();
        world.define(web);
        world.run(web);
        world.stop(web);

        assertThat(world.masterOf("vnet0")).isEmpty();
        assertThat(world.link("vnet0").up()).isFalse();
        assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
        assertThat(world.status(web.id()).phase()).isEqualTo("off");
        assertThat(world.told.nicHistory()).endsWith("vnet0 wired", "vnet0 ready");
    }

    @Test
    void undefinedItIsGoneWithoutATrace() {
        world.start();
        world.define(web);
        world.run(web);
        world.stop(web);
        world.undefine(web);

        assertThat(world.devices()).containsExactly("br0", "lo");
        assertThat(world.agent.domains()).isEmpty();
        assertThat(world.told.removedDomains).extracting(d -> d.name()).containsExactly("web");
        assertThat(world.told.removedNics).extracting(n -> n.tap()).containsExactly("vnet0");
        assertThat(world.told.problems).isEmpty();
        assertThat(world.told.retries).isEmpty();
    }

    @Test
    void withoutAHookEventsAloneDoTheSame() {
        world.start();
        world.define(web);
        world.runWithoutHook(web);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
        world.stopWithoutHook(web);
        assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
        assertThat(world.masterOf("vnet0")).isEmpty();
        world.undefine(web);
        assertThat(world.devices()).containsExactly("br0", "lo");
    }

    @Test
    void aTransientDomainsTapComesWithPrepareAndGoesWithRelease() {
        world.start();
        world.run(web);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);

        world.letGo(web);
        world.agent.stopped(web);
        world.agent.released(web);
        world.settleWithoutLibvirt();
        assertThat(world.devices()).containsExactly("br0", "lo");
        world.libvirt.deactivate(web.id());
        world.settle();
        assertThat(world.agent.domains()).isEmpty();
    }

    @Test
    void aFailedStartLeavesADefinedDomainReadyAndATransientOneWithoutATrace() {
        world.start();
        world.define(web);
        for (DomainSpec spec : List.of(web, domain("once").nic(2, "vnet1").spec())) {
            world.prepare(spec);
            world.agent.stopped(spec);
            world.agent.released(spec);
            world.libvirt.deactivate(spec.id());
            world.settle();
        }
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet0");
        assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
        assertThat(world.masterOf("vnet0")).isEmpty();
    }

    @Test
    void stoppedAndReleasedForADomainThatNobodyKnowsChangeNothing() {
        world.start();
        world.agent.stopped(web);
        world.agent.released(web);
        world.agent.released(web);
        world.settle();
        assertThat(world.devices()).containsExactly("br0", "lo");
        assertThat(world.agent.domains()).isEmpty();
        assertThat(world.told.domains).isEmpty();
    }

    @Test
    void aRunningDomainThatIsUndefinedKeepsItsTapUntilItStops() {
        world.start();
        world.define(web);
        world.run(web);
        world.undefine(web);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.status(web.id()).persistent()).isFalse();
        world.stop(web);
        assertThat(world.devices()).containsExactly("br0", "lo");
    }

    @Test
    void threeNicsLandOnThreeBridges() {
        world.addBridge("br1");
        world.addBridge("br2");
        world.network(Network.of("blue", "br1")).network(Network.of("red", "br2")).start();
        DomainSpec three = domain("three").nic(1, "vnet0").nic(2, "vnet1").nic(3, "vnet2").on(2, "blue").on(3, "red").spec();
        world.define(three);
        world.run(three);
        assertThat(List.of(world.masterOf("vnet0"), world.masterOf("vnet1"), world.masterOf("vnet2")))
                .containsExactly("br0", "br1", "br2");
        assertThat(world.told.wired).hasSize(3);
    }

    @Test
    void aNicThatLibvirtWiresIsReportedWithItsBridgeAndNeverTouched() {
        world.makeTap("vnet7");
        DomainSpec mixed = domain("mixed").bridgeNic(1, "vnet7", "br0").spec();
        world.start();
        world.change("vnet7", LinkChange.NONE.master(world.link("br0").index()).up(true));
        world.libvirt.activate(mixed);
        world.libvirt.started(mixed.id());
        world.settle();
        assertThat(world.nic(1)).returns(NicState.OBSERVED, n -> n.state()).returns("br0", n -> n.bridge())
                .returns("vnet7", n -> n.tap()).returns(null, n -> n.network());
        assertThat(world.kernel.applied()).isEmpty();
    }

    @Test
    void aLinkThatIsSetDownIsLoweredAndRaisedAgain() {
        world.start();
        world.define(web);
        world.run(web);
        world.libvirt.change(domain("web").nicSetDown(1, "vnet0").spec(), "DEVICE_UPDATED");
        world.settle();
        assertThat(world.link("vnet0").up()).isFalse();
        assertThat(world.nic(1)).returns(NicState.READY, n -> n.state())
                .returns("the link is set down in the domain's XML", n -> n.reason());
        world.libvirt.change(web, "DEVICE_UPDATED");
        world.settle();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    @Test
    void aChangeOfMetadataMovesANicToAnotherBridge() {
        world.addBridge("br1");
        world.network(Network.of("blue", "br1")).start();
        world.define(web);
        world.run(web);
        world.libvirt.change(domain("web").nic(1, "vnet0").on(1, "blue").spec(), "METADATA_CHANGE");
        world.settle();
        assertThat(world.masterOf("vnet0")).isEqualTo("br1");
        assertThat(world.nic(1)).returns(NicState.WIRED, n -> n.state()).returns("blue", n -> n.network())
                .returns("br1", n -> n.bridge());
        assertThat(world.told.events).contains("METADATA_CHANGE");
    }

    @Test
    void otherQueuesTakeEffectAtOnceWhileOffAndAfterTheStopWhileRunning() {
        DomainSpec four = domain("web").nicWithQueues(1, "vnet0", 4).spec();
        world.start();
        world.define(web);
        world.define(four);
        assertThat(world.link("vnet0").tun().orElseThrow().multiQueue()).isTrue();
        world.run(four);
        world.define(web);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.link("vnet0").tun().orElseThrow().multiQueue()).isTrue();
        world.stop(four);
        assertThat(world.link("vnet0").tun().orElseThrow().multiQueue()).isFalse();
        world.run(web);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    @Test
    void anotherMacAddressUnderTheSameTargetMakesTheTapItsOwn() {
        world.start();
        world.define(web);
        DomainSpec changed = domain("web").nic(9, "vnet0").spec();
        world.define(changed);
        assertThat(world.link("vnet0").mark()).contains(new Mark.Tap("main", new NicId(web.id(), mac(9)), "web"));
        assertThat(world.link("vnet0").mac()).contains(mac(9).forTap());
        assertThat(world.status(web.id()).nics()).extracting(n -> n.mac()).containsExactly(mac(9).text());
        assertThat(world.told.removedNics).extracting(n -> n.mac()).containsExactly(mac(1).text());
    }

    @Test
    void anotherMacAddressUnderTheTargetOfARunningNicWaitsForTheStop() {
        DomainSpec changed = domain("web").nic(9, "vnet0").spec();
        world.start();
        world.define(web);
        world.run(web);
        world.define(changed);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.nic(9)).returns(NicState.PENDING, n -> n.state())
                .returns("target dev 'vnet0' is in use by another NIC of the running VM; the change takes effect when the VM is off",
                        n -> n.reason());
        assertThat(world.link("vnet0").mac()).contains(mac(1).forTap());
        world.stop(web);
        assertThat(world.link("vnet0").mac()).contains(mac(9).forTap());
        assertThat(world.nic(9).state()).isEqualTo(NicState.READY);
    }

    @Test
    void anotherTargetDevReplacesTheTap() {
        world.start();
        world.define(web);
        world.define(domain("web").nic(1, "vnet5").spec());
        assertThat(world.devices()).containsExactly("br0", "lo", "vnet5");
    }

    @Test
    void aRenamedDomainKeepsItsTapUnderTheNewName() {
        world.start();
        world.define(web);
        int index = world.link("vnet0").index();
        DomainSpec renamed = domain("web").nic(1, "vnet0").renamed("www").spec();
        world.define(renamed);
        assertThat(world.link("vnet0").index()).isEqualTo(index);
        assertThat(world.link("vnet0").alias()).endsWith("domain=www");
        assertThat(world.told.domains.getLast().name()).isEqualTo("www");
    }

    @Test
    void aKernelThatRefusesIsQuotedToTheHookAndTriedAgain() {
        world.start();
        world.define(web);
        world.kernel.refuse(action -> action instanceof HostAction.ChangeLink, Errno.EBUSY);
        assertThat(world.prepare(web)).isInstanceOfSatisfying(HookAnswer.Refused.class, refused ->
                assertThat(refused.reasons()).singleElement().asString().startsWith("domain 'web' NIC 52:54:00:00:00:01 (vnet0): ")
                        .contains("set vnet0").contains("EBUSY"));
        assertThat(world.nic(1).state()).isEqualTo(NicState.FAILED);
        assertThat(world.told.retries).containsExactly("domain " + web.id());
        world.kernel.relent();
        world.open(web);
        world.passAWhile();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    @Test
    void everyReasonWhyADomainCanNotBePreparedIsGivenAtOnce() {
        DomainSpec bad = domain("bad").nic(1, "a/b").nic(2, "vnet1").on(2, "green").nic(3, "vnet2").spec();
        world.start();
        assertThat(world.prepare(bad)).isInstanceOfSatisfying(HookAnswer.Refused.class, refused -> {
            assertThat(refused.reasons()).hasSize(2);
            assertThat(refused.reasons().get(0)).startsWith("domain 'bad' NIC 52:54:00:00:00:01 (a/b): target dev 'a/b'");
            assertThat(refused.reasons().get(1)).startsWith("domain 'bad' NIC 52:54:00:00:00:02 (vnet1): ").contains("'green'");
        });
    }

    @Test
    void oneNicThatFailsDoesNotKeepTheOthersFromBeingWired() {
        DomainSpec mixed = domain("mixed").nic(1, "a/b").nic(2, "vnet1").spec();
        world.start();
        world.prepare(mixed);
        assertThat(world.masterOf("vnet1")).isEqualTo("br0");
        assertThat(world.nic(2).state()).isEqualTo(NicState.PENDING);
    }

    @Test
    void prepareIsRefusedWhereTheDomainWasStoppedMeanwhile() {
        world.start();
        world.define(web);
        var answer = world.agent.prepare(web);
        world.agent.stopped(web);
        world.agent.released(web);
        assertThat(world.await(answer)).isInstanceOfSatisfying(HookAnswer.Refused.class,
                refused -> assertThat(refused.reasons()).containsExactly(
                        "domain 'web' NIC 52:54:00:00:00:01: was detached again while it was being prepared"));
    }

    @Test
    void prepareIsRefusedByAnAgentThatStops() {
        world.start();
        var answer = world.agent.prepare(web);
        world.agent.close();
        assertThat(answer.join()).isEqualTo(new HookAnswer.Refused(
                List.of("domain 'web': its NICs could not be looked at: Tapwright is stopping")));
        assertThat(world.agent.prepare(web).join()).isInstanceOf(HookAnswer.Refused.class);
    }

    @Test
    void aDomainWithoutNicsIsReadyAndKnown() {
        world.start();
        DomainSpec bare = domain("bare").spec();
        world.define(bare);
        world.run(bare);
        assertThat(world.status(bare.id()).nics()).isEmpty();
        assertThat(world.status(bare.id()).phase()).isEqualTo("running");
        assertThat(bare.networks()).isEqualTo(Map.of());
    }
}
