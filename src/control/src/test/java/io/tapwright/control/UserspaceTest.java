package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static io.tapwright.testkit.libvirt.DomainBuilder.mac;
import static io.tapwright.testkit.libvirt.DomainBuilder.vhostNicOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.Mark;
import io.tapwright.model.NicId;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.NetworkStatus;
import io.tapwright.model.status.NicState;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredPort.TapPort;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.PortStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** NICs of the switch in user space, and the taps that join it to the bridges. */
class UserspaceTest {

    private static final Network FAST = World.inUserspace(World.made("fast", "br-fast"));
    private static final Duration SHORT = Duration.ofMillis(100);

    private final World world = World.withDefaultBridge().network(FAST);
    private final DomainSpec web = domain("web").vhostNic(1, "/run/tapwright/vhost/web").on(1, "fast").sharingMemory().spec();
    private final NicId webNic = new NicId(web.id(), mac(1));

    @BeforeEach
    void launch() {
        world.userspace.launch();
    }

    @Nested
    class ADomain {

        @Test
        void hasItsPortFromItsDefinitionOn() {
            world.start();
            world.define(web);
            assertThat(port(webNic)).isEqualTo(
                    new VhostUserPort(webNic.toString(), Path.of("/run/tapwright/vhost/web"), true, mac(1)));
            assertThat(world.nic(1)).returns(NicState.READY, n -> n.state()).returns(null, n -> n.reason())
                    .returns("vhostuser", n -> n.type()).returns("fast", n -> n.network()).returns("br-fast", n -> n.bridge())
                    .returns(null, n -> n.tap());
        }

        @Test
        void isWiredOnceTheGuestsDriverHasEnabledTheRings() {
            world.start();
            world.define(web);
            assertThat(world.prepare(web)).isEqualTo(new HookAnswer.Ready());
            assertPending("waiting for QEMU to connect to socket /run/tapwright/vhost/web");
            world.userspace.port(webNic, PortStatus.CONNECTED);
            world.agent.running(web);
            world.libvirt.started(web.id());
            world.settle();
            assertPending("the guest's driver has not enabled the rings");
            assertThat(world.told.wired).isEmpty();
            drive(PortStatus.RUNNING);
            assertThat(world.nic(1)).returns(NicState.WIRED, n -> n.state()).returns(null, n -> n.reason());
            assertThat(world.told.wired).hasSize(1);
            drive(PortStatus.CONNECTED); // a reboot
            assertPending("the guest's driver has not enabled the rings");
            drive(PortStatus.RUNNING);
            assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
            assertThat(world.told.problems).isEmpty();
        }

        @Test
        void thatHasNeverBeenHeardOfIsPreparedInOneGo() {
            world.start();
            assertThat(world.prepare(web)).isEqualTo(new HookAnswer.Ready());
            assertThat(port(webNic)).isNotNull();
        }

        @Test
        void thatIsOffIsReadyAgainAndUndefinedWithoutATrace() {
            world.start();
            run(web);
            world.userspace.port(webNic, PortStatus.WAITING);
            world.stop(web);
            assertThat(world.agent.domains()).isEmpty(); // it was transient
            world.define(web);
            run(web);
            world.userspace.port(webNic, PortStatus.WAITING);
            world.stop(web);
            assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
            world.undefine(web);
            assertThat(world.userspace.find(webNic.toString())).isEmpty();
            assertThat(world.agent.domains()).isEmpty();
            assertThat(world.told.problems).isEmpty();
        }

        @Test
        void whosePeerStillSpeaksKeepsItsPortUntilThatIsGone() {
            world.start();
            run(web);
            world.stop(web); // libvirt is ahead of the dying QEMU
            assertThat(port(webNic)).isNotNull();
            drive(PortStatus.WAITING);
            world.pass(Duration.ofSeconds(5));
            assertThat(world.userspace.find(webNic.toString())).isEmpty();
        }

        @Test
        void thatIsOffButHasAPeerSaysSo() {
            world.start();
            world.define(web);
            drive(PortStatus.RUNNING);
            assertThat(world.nic(1)).returns(NicState.PENDING, n -> n.state());
            assertThat(world.nic(1).reason()).contains("libvirt says that the VM is off, but some process is connected");
        }

        @Test
        void thatListensItselfHasAPortOnlyWhileItIsOn() {
            DomainSpec server = domain("server").with(vhostNicOf(mac(1), "/run/tapwright/vhost/s", false)).on(1, "fast")
                    .sharingMemory().spec();
            NicId nic = new NicId(server.id(), mac(1));
            world.start();
            world.define(server);
            assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
            assertThat(world.userspace.find(nic.toString())).isEmpty();
            assertThat(world.prepare(server)).isEqualTo(new HookAnswer.Ready());
            assertThat(((VhostUserPort) port(nic)).listen()).isFalse();
            assertPending("waiting for QEMU to listen on socket /run/tapwright/vhost/s");
            world.stop(server);
            assertThat(world.userspace.find(nic.toString())).isEmpty();
            assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
        }

        @Test
        void mayHaveNicsOfBothKinds() {
            DomainSpec both = domain("both").nic(1, "vnet0").vhostNic(2, "/run/tapwright/vhost/b").on(2, "fast").sharingMemory().spec();
            NicId nic = new NicId(both.id(), mac(2));
            world.start();
            world.run(both);
            assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
            assertThat(world.nic(2).state()).isEqualTo(NicState.PENDING);
            world.userspace.port(nic, PortStatus.RUNNING);
            world.settle();
            assertThat(world.nic(2).state()).isEqualTo(NicState.WIRED);
            assertThat(world.told.wired).hasSize(2);
        }

        @Test
        void canHaveANicPluggedAheadOfLibvirt() {
            DomainSpec bare = domain("bare").sharingMemory().on(1, "fast").spec();
            InterfaceSpec nic = vhostNicOf(mac(1), "/run/tapwright/vhost/p", true);
            world.start();
            world.run(bare);
            assertThat(world.await(world.agent.announce("bare", nic))).isEqualTo(new HookAnswer.Ready());
            assertThat(port(new NicId(bare.id(), mac(1)))).isNotNull();
            world.pass(World.ANNOUNCEMENT.plusSeconds(6));
            assertThat(world.userspace.find(new NicId(bare.id(), mac(1)).toString())).isEmpty();
        }
    }

    @Nested
    class Refused {

        @Test
        void isANetworkWithoutASwitch() {
            DomainSpec slow = domain("slow").vhostNic(1, "/run/tapwright/vhost/slow").sharingMemory().spec();
            world.start();
            assertRefused(world.prepare(slow), "domain 'slow' NIC 52:54:00:00:00:01: network 'default' has no switch in user space",
                    "set tapwright.networks.default.userspace: true");
            assertThat(world.userspace.held().networks()).noneMatch(n -> n.name().equals("default"));
        }

        @Test
        void isADomainWhoseMemoryIsItsOwn() {
            DomainSpec closed = domain("closed").vhostNic(1, "/run/tapwright/vhost/c").on(1, "fast").spec();
            world.start();
            world.define(closed);
            assertThat(world.nic(1).state()).isEqualTo(NicState.FAILED);
            assertRefused(world.prepare(closed),
                    "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>");
        }

        @Test
        void isAWayOutOfTheDirectory() {
            for (String socket : List.of("/run/tapwright/vhost/../../x", "/run/tapwright/vhost/../vhost/x",
                    "/run/tapwright/vhost/a/b", "/run/../run/tapwright/vhost/x", "/run/tapwright/vhost", "/run/tapwright/vhost/./x",
                    "/run/tapwright/vhost/" + "x".repeat(100))) {
                World here = World.withDefaultBridge().network(FAST);
                here.userspace.launch();
                here.start();
                DomainSpec sly = domain("sly").vhostNic(1, socket).on(1, "fast").sharingMemory().spec();
                assertRefused(here.prepare(sly), "socket");
                assertThat(here.userspace.held().networks().getFirst().ports()).as(socket).hasSize(1);
            }
        }

        @Test
        void isASocketOfAnotherNic() {
            DomainSpec twin = domain("twin").vhostNic(2, "/run/tapwright/vhost/web").on(2, "fast").sharingMemory().spec();
            world.start();
            run(web);
            assertRefused(world.prepare(twin), "socket /run/tapwright/vhost/web is that of NIC 52:54:00:00:00:01 of domain " + web.id());
            assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
            DomainSpec self = domain("self").vhostNic(3, "/run/tapwright/vhost/s").vhostNic(4, "/run/tapwright/vhost/s")
                    .on(3, "fast").on(4, "fast").sharingMemory().spec();
            assertRefused(world.prepare(self), "stands twice");
        }

        @Test
        void isWhateverTheSwitchCanNotHave() {
            world.start();
            world.define(web);
            world.userspace.port(webNic, PortStatus.FAILED, "listen on /run/tapwright/vhost/web: EACCES");
            world.settle();
            assertRefused(world.prepare(web), "listen on /run/tapwright/vhost/web: EACCES");
        }

        @Test
        void isNoSocketOfSomebodyElse() {
            DomainSpec other = domain("other").vhostNic(1, "/run/openvswitch/vhost0").spec();
            world.start();
            assertThat(world.prepare(other)).isEqualTo(new HookAnswer.Ready());
            assertThat(world.nic(1).state()).isEqualTo(NicState.OBSERVED);
        }
    }

    @Nested
    class ASwitch {

        @Test
        void thatCanNotBeReachedRefusesTheStartWithTheReason() {
            world.switchPatience = SHORT;
            world.userspace.kill();
            world.start();
            world.libvirt.activate(web);
            CompletableFuture<HookAnswer> asked = world.agent.prepare(web);
            assertRefused(world.awaitWithoutSwitch(asked),
                    "NIC 52:54:00:00:00:01: the switch in user space is not reachable: connect to control.sock: No such file");
            assertPending("the switch in user space is not reachable: connect to control.sock: No such file or directory");
        }

        @Test
        void thatComesBackInTimeIsWaitedFor() {
            world.userspace.kill();
            world.start();
            world.libvirt.activate(web);
            CompletableFuture<HookAnswer> asked = world.agent.prepare(web);
            world.agent.drain();
            assertThat(asked).isNotCompleted();
            world.userspace.launch();
            assertThat(world.await(asked)).isEqualTo(new HookAnswer.Ready());
        }

        @Test
        void thatRefusesIsSaidAndAskedAgain() {
            world.switchPatience = SHORT;
            world.userspace.refuse("too many ports");
            world.start();
            world.libvirt.activate(web);
            CompletableFuture<HookAnswer> asked = world.agent.prepare(web);
            world.agent.drain();
            world.userspace.deliver();
            assertRefused(world.awaitWithoutSwitch(asked), "too many ports");
            assertPending("the switch in user space does not have its port yet: the switch refuses: too many ports");
            assertThat(world.told.problems).containsExactly("the switch refuses: too many ports");
            world.pass(Duration.ofSeconds(5));
            assertThat(world.told.problems).hasSize(1);
            world.userspace.refuse(null);
            world.pass(Duration.ofSeconds(5));
            assertPending("waiting for QEMU to connect to socket /run/tapwright/vhost/web");
        }

        @Test
        void thatDiesIsUnknownAndItsSuccessorGetsEverything() {
            world.start();
            run(web);
            world.userspace.kill();
            world.settle();
            assertPending("the switch in user space is not reachable: the switch closed the connection");
            assertThat(world.devices()).contains("tw-fast");
            world.userspace.launch();
            world.settle();
            assertThat(port(webNic)).isNotNull();
            assertThat(world.userspace.desired("uplink")).isPresent();
            assertPending("waiting for QEMU to connect to socket /run/tapwright/vhost/web; if that lasts while the VM runs, its <source> lacks"
                    + " <reconnect enabled='yes'/>: unplug and plug the NIC, or restart the VM");
            drive(PortStatus.RUNNING);
            assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        }

        @Test
        void whoseConnectionBreaksKeepsAll() {
            world.start();
            run(web);
            int before = world.userspace.applied().size();
            world.userspace.reconnect();
            world.settle();
            assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
            assertThat(world.userspace.applied().stream().skip(before)).allMatch(d -> d.equals(world.userspace.held()));
        }

        @Test
        void isToldNothingTwice() {
            world.start();
            run(web);
            int before = world.userspace.applied().size();
            world.resync();
            world.passAWhile();
            assertThat(world.userspace.applied()).hasSize(before);
        }

        @Test
        void isNotTouchedInADryRun() {
            world.dryRun = true;
            world.start();
            world.define(web);
            assertThat(world.userspace.applied()).isEmpty();
            assertPending("dry run: would plug it into the switch in user space");
            assertThat(world.prepare(web)).isEqualTo(new HookAnswer.Ready());
            assertThat(world.devices()).doesNotContain("tw-fast");
        }
    }

    @Nested
    class AnAgentThatStartsAgain {

        @Test
        void leavesPortsAloneBeforeLibvirtHasSaidWhoseTheyAre() {
            world.start();
            world.define(web);
            run(web);
            world.stopAgent();
            int before = world.userspace.applied().size();
            world.startWithoutLibvirt();
            assertThat(port(webNic)).isNotNull();
            assertThat(world.userspace.applied().stream().skip(before)).allMatch(d -> d.equals(world.userspace.held()));
            world.passAWhile();
            assertThat(world.userspace.find(webNic.toString()).orElseThrow().status()).isEqualTo(PortStatus.RUNNING);
            world.libvirt.connect();
            world.settle();
            assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
            assertThat(world.userspace.find(webNic.toString()).orElseThrow().status()).isEqualTo(PortStatus.RUNNING);
        }

        @Test
        void takesAwayWhatWasUndefinedMeanwhileAfterTheGraceTime() {
            world.start();
            world.define(web);
            world.stopAgent();
            world.libvirt.undefine(web.id());
            world.libvirt.define(domain("other").spec());
            world.start();
            assertThat(port(webNic)).isNotNull();
            world.pass(World.GRACE.plusSeconds(1));
            world.pass(Duration.ofSeconds(6));
            assertThat(world.userspace.find(webNic.toString())).isEmpty();
        }

        @Test
        void neverTakesAwayWhatAPeerStillUses() {
            world.start();
            run(web);
            world.stopAgent();
            world.libvirt.forgetEverything();
            world.libvirt.define(domain("other").spec());
            world.start();
            for (int i = 0; i < 10; i++) {
                world.pass(World.GRACE);
            }
            assertThat(port(webNic)).isNotNull();
        }

        @Test
        void removesTheTapOfANetworkThatHasNoSwitchAnyMore() {
            world.start();
            world.stopAgent();
            world.network(World.made("fast", "br-fast"));
            world.start();
            assertThat(world.devices()).doesNotContain("tw-fast");
            assertThat(world.userspace.held().networks()).isEmpty();
        }

        @Test
        void leavesAloneWhatASwitchHasForAnotherAgent() {
            world.start();
            world.stopAgent();
            world.change("tw-fast", LinkChange.NONE.alias(new Mark.SwitchTap("dev", "fast").text()));
            world.network(World.made("fast", "br-fast"));
            world.start();
            world.resync();
            assertThat(world.devices()).contains("tw-fast");
            assertThat(world.userspace.desired("uplink")).isPresent();
            assertThat(world.agent.isSwitchReachable()).isFalse();
        }

        @Test
        void saysNothingOfASwitchThatNobodyNeeds() {
            world.start();
            world.stopAgent();
            world.userspace.kill();
            world.told.forget();
            world.network(World.made("fast", "br-fast"));
            world.start();
            assertThat(world.devices()).doesNotContain("tw-fast");
            assertThat(world.told.switches).isEmpty();
        }

        @Test
        void removesTheTapAndTheBridgeOfANetworkThatIsNoMoreOnceTheSwitchHasLetGo() {
            world.start();
            world.kernel.hold(new InterfaceName("tw-fast"));
            world.stopAgent();
            world.networks.remove("fast");
            world.start();
            assertThat(world.devices()).contains("tw-fast", "br-fast");
            assertThat(world.told.problems).containsExactly("bridge br-fast was made for network 'fast', which the configuration"
                    + " no longer has, but carries taps that some process holds open [tw-fast]: left alone");
            world.kernel.release(new InterfaceName("tw-fast"));
            world.pass(Duration.ofSeconds(6));
            world.resync();
            assertThat(world.devices()).containsExactly("br0", "lo");
        }
    }

    @Nested
    class TheTapOfTheSwitch {

        @Test
        void isLikeAnyOtherButForItsOwner() {
            world.network(World.inUserspace(World.withMtu(World.made("fast", "br-fast"), 9000)));
            world.start();
            Link tap = world.link("tw-fast");
            assertThat(tap.mark()).contains(new Mark.SwitchTap(World.INSTANCE, "fast"));
            assertThat(tap.tun().orElseThrow()).returns(991, Link.Tun::owner).returns(-1, Link.Tun::group)
                    .returns(false, Link.Tun::multiQueue).returns(true, Link.Tun::persistent);
            assertThat(tap.ipv6Disabled()).isTrue();
            assertThat(tap.mac().orElseThrow().text()).startsWith("fe:");
            assertThat(tap.mtu()).isEqualTo(9000);
            assertThat(tap.up()).isTrue();
            assertThat(world.masterOf("tw-fast")).isEqualTo("br-fast");
            assertThat(world.userspace.desired("uplink")).contains(new TapPort("uplink", new InterfaceName("tw-fast")));
            assertThat(fast().state()).isEqualTo(NicState.READY);
        }

        @Test
        void isMadeInOneWriteAndThenLeftInPeace() {
            world.start();
            int writes = world.kernel.applied().size();
            assertThat(world.kernel.applied()).filteredOn(a -> a.device().text().equals("tw-fast")).hasSize(1);
            world.resync();
            assertThat(world.kernel.applied()).hasSize(writes);
        }

        @Test
        void isPutRight() {
            world.start();
            world.change("tw-fast", LinkChange.NONE.up(false).mtu(1400).master(Link.NO_MASTER));
            world.settle();
            assertThat(world.masterOf("tw-fast")).isEqualTo("br-fast");
            assertThat(world.link("tw-fast").mtu()).isEqualTo(1500);
            assertThat(world.told.drift).contains("network 'fast' tw-fast master", "network 'fast' tw-fast state");
            world.delete("tw-fast");
            world.settle();
            assertThat(world.link("tw-fast").up()).isTrue();
            world.delete("br-fast");
            world.settle();
            assertThat(world.masterOf("tw-fast")).isEqualTo("br-fast");
        }

        @Test
        void isNoDeviceOfSomebodyElse() {
            world.makeTap("tw-fast");
            world.start();
            assertThat(fast()).returns(NicState.FAILED, n -> n.state());
            assertThat(fast().reason()).contains("tw-fast is the name of a device that is not Tapwright's");
            assertThat(world.userspace.desired("uplink")).isEmpty();
            world.delete("tw-fast");
            world.settle();
            assertThat(fast().state()).isEqualTo(NicState.READY);
            assertThat(world.told.drift).isEmpty();
        }

        @Test
        void isNotTakenFromAnotherAgentWhoseNetworkHasTheSameName() {
            world.makeTap("tw-fast");
            world.change("tw-fast", LinkChange.NONE.alias(new Mark.SwitchTap("dev", "fast").text()));
            world.start();
            assertThat(fast()).returns(NicState.FAILED, n -> n.state());
            assertThat(fast().reason()).isEqualTo("tw-fast is a tap of another Tapwright, instance 'dev'; give network 'fast',"
                    + " whose tap to the switch in user space needs that name, another name");
            assertThat(world.link("tw-fast").alias()).startsWith("tapwright:dev ");
            assertThat(world.userspace.desired("uplink")).isEmpty();
        }

        @Test
        void isSaidWhereTheSwitchCanNotOpenIt() {
            world.userspace.kill();
            world.start();
            assertThat(fast()).returns(NicState.PENDING, n -> n.state());
            assertThat(fast().reason()).startsWith("the switch in user space is not reachable");
            world.userspace.launch();
            world.settle();
            assertThat(fast().state()).isEqualTo(NicState.READY);
        }

        @Test
        void hasANameThatFits() {
            assertThat(Network.of("123456789012", "br0").switchTap().text()).isEqualTo("tw-123456789012");
            assertThat(Network.of("1234567890123", "br0").switchTap().text()).hasSize(15).startsWith("tw-12345-");
            assertThat(Network.of("1234567890123", "br0").switchTap()).isNotEqualTo(Network.of("1234567890124", "br0").switchTap());
        }
    }

    private NetworkStatus fast() {
        return world.agent.networks().stream().filter(n -> n.name().equals("fast")).findFirst().orElseThrow();
    }

    private DesiredPort port(NicId nic) {
        return world.userspace.desired(nic.toString()).orElseThrow(() -> new AssertionError("no port of " + nic));
    }

    private void run(DomainSpec spec) {
        world.run(spec);
        drive(PortStatus.RUNNING);
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    private void drive(PortStatus status) {
        world.userspace.port(webNic, status);
        world.settle();
    }

    private void assertPending(String reason) {
        assertThat(world.nic(1)).returns(NicState.PENDING, n -> n.state()).returns(reason, n -> n.reason());
    }

    private static void assertRefused(HookAnswer answer, String... words) {
        assertThat(answer).isInstanceOfSatisfying(HookAnswer.Refused.class,
                refused -> assertThat(String.join("; ", refused.reasons())).contains(words));
    }
}
