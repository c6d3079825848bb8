package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.MacAddress;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.Route;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.NetworkStatus;
import io.tapwright.model.status.NicState;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Bridges that we make, bridges that we don't, and their uplinks. */
class NetworkTest {

    private static final IpPrefix HOST = IpPrefix.parse("192.0.2.7/24");
    private static final Route DEFAULT_ROUTE = new Route(IpPrefix.parse("0.0.0.0/0"),
            Optional.of(InetAddress.ofLiteral("192.0.2.1")), Optional.empty(), 254, 3, 0, 0, false);

    private final World world = new World();
    private final DomainSpec web = domain("web").nic(1, "vnet0").spec();

    private NetworkStatus network(String name) {
        return world.agent.networks().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
    }

    private List<String> addressesOf(String device) {
        return world.kernel.addresses(world.ref(device)).stream().map(a -> a.prefix().toString()).sorted().toList();
    }

    private boolean hasDefaultRoute(String device) {
        return world.kernel.routes(world.ref(device)).contains(DEFAULT_ROUTE);
    }

    @Nested
    class ABridgeToBeMade {

        @Test
        void isMadeAtTheStartWithItsAddressesAndAPinnedMacAddress() {
            world.network(World.withMtu(World.made("default", "br0", "10.1.0.1/24", "fd00:1::1/64"), 9000)).start();
            Link bridge = world.link("br0");
            assertThat(bridge.isBridge()).isTrue();
            assertThat(bridge.up()).isTrue();
            assertThat(bridge.mtu()).isEqualTo(9000);
            assertThat(bridge.mac()).contains(world.settings().bridges().macOf(new InterfaceName("br0")));
            assertThat(addressesOf("br0")).containsExactly("10.1.0.1/24", "fd00:1:0:0:0:0:0:1/64");
            assertThat(network("default").state()).isEqualTo(NicState.READY);
            assertThat(world.told.drift).as("what it gets when it is made is nobody's change").isEmpty();
            world.define(web);
            assertThat(world.link("vnet0").mtu()).isEqualTo(9000);
        }

        @Test
        void wasChangedByNobodyWhereItIsMadeAtASecondTry() {
            world.kernel.refuse(a -> a instanceof HostAction.AddAddress, Errno.EPERM);
            world.network(World.made("default", "br0", "10.1.0.1/24")).start();
            assertThat(network("default").state()).isEqualTo(NicState.FAILED);
            world.kernel.relent();
            world.passAWhile();
            assertThat(network("default").state()).isEqualTo(NicState.READY);
            assertThat(world.told.drift).isEmpty();
        }

        @Test
        void isMadeForANicThatCanNotWait() {
            world.network(World.made("default", "br0", "10.1.0.1/24")).start();
            world.define(web);
            world.delete("br0");
            // No word of it has arrived when the hook asks.
            assertThat(world.prepare(web)).isEqualTo(new HookAnswer.Ready());
            assertThat(world.masterOf("vnet0")).isEqualTo("br0");
            assertThat(addressesOf("br0")).containsExactly("10.1.0.1/24");
        }

        @Test
        void thatTheKernelRefusesIsQuotedOnTheNetworkAndOnTheNic() {
            world.kernel.refuse(a -> a instanceof HostAction.CreateBridge, Errno.EPERM);
            world.network(World.made("default", "br0")).start();
            assertThat(network("default").reason()).contains("create bridge br0").contains("EPERM");
            assertThat(world.prepare(web)).isInstanceOfSatisfying(HookAnswer.Refused.class, refused ->
                    assertThat(refused.reasons().getFirst()).contains("domain 'web' NIC 52:54:00:00:00:01 (vnet0): ")
                            .contains("bridge br0 of network 'default' does not exist: create bridge br0").contains("EPERM"));
            world.kernel.relent();
            world.open(web);
            world.passAWhile();
            assertThat(network("default").state()).isEqualTo(NicState.READY);
            assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        }

        @Test
        void isMadeAgainWithAllThatBelongsToItWhenSomebodyDeletesIt() {
            world.network(World.made("default", "br0", "10.1.0.1/24")).start();
            world.define(web);
            world.run(web);
            Optional<MacAddress> mac = world.link("br0").mac();
            world.delete("br0");
            world.agent.drain();
            assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
            assertThat(world.link("br0").mac()).isEqualTo(mac);
            assertThat(addressesOf("br0")).containsExactly("10.1.0.1/24");
            assertThat(world.told.nicHistory()).doesNotContain("vnet0 failed");
            assertThat(world.told.drift).contains("network 'default' br0 missing", "network 'default' br0 address");
        }

        @Test
        void isPutRightWhateverIsDoneToIt() {
            world.network(World.withMtu(World.made("default", "br0"), 1400)).start();
            List<String> before = SeenKernel.describe(world.kernel);
            for (LinkChange drift : List.of(LinkChange.NONE.up(false), LinkChange.NONE.mtu(1500),
                    LinkChange.NONE.mac(new MacAddress("02:00:00:00:00:01")))) {
                world.change("br0", drift);
                world.settle();
                assertThat(SeenKernel.describe(world.kernel)).isEqualTo(before);
            }
        }

        @Test
        void givesAnAddressUpThatTheConfigurationNoLongerHas() {
            world.network(World.made("default", "br0", "10.1.0.1/24", "10.2.0.1/24")).start();
            world.kernel.applyAsOther(new HostAction.AddAddress(world.ref("br0"), new Address(HOST, 0, 0, 0, Address.FOREVER)));
            world.stopAgent();
            world.network(World.made("default", "br0", "10.2.0.1/24")).start();
            assertThat(addressesOf("br0")).containsExactly("10.2.0.1/24", "192.0.2.7/24");
        }

        @Test
        void isNotTakenOverFromSomebodyElse() {
            Link theirs = world.addBridge("br0");
            world.network(World.made("default", "br0", "10.1.0.1/24")).start();
            assertThat(world.link("br0")).returns(theirs.index(), Link::index).returns(theirs.mac(), Link::mac);
            assertThat(addressesOf("br0")).isEmpty();
            assertThat(network("default")).returns(NicState.READY, n -> n.state())
                    .satisfies(n -> assertThat(n.reason()).contains("is not Tapwright's"));
        }

        @Test
        void isFoughtOverOnlySoLong() {
            world.network(World.made("default", "br0"));
            world.through(kernel -> new AfterApply(kernel, action -> world.change("br0", LinkChange.NONE.mac(new MacAddress("02:00:00:00:00:01")))));
            world.start();
            assertThat(network("default").reason()).contains("bridge br0 was put right again and again");
            int before = world.kernel.applied().size();
            for (int i = 0; i < 60; i++) {
                world.pass(Duration.ofSeconds(1));
            }
            assertThat(world.kernel.applied().size() - before).isLessThan(10);
        }
    }

    @Nested
    class ABridgeThatNobodyWantsAnyMore {

        @Test
        void isRemovedWhenTheNetworkLeftTheConfiguration() {
            world.network(World.made("default", "br0")).network(World.made("blue", "br1", "10.1.0.1/24")).start();
            world.stopAgent();
            world.networks.remove("blue");
            world.start();
            assertThat(world.devices()).containsExactly("br0", "lo");
        }

        @Test
        void isNotOneThatOnlyHasTheNameAsAnAlternativeOneNow() {
            world.network(World.withUplink(World.made("blue", "br1"), "eth1", false));
            world.kernel.addForeign(new InterfaceName("eth1"), "");
            world.start();
            world.kernel.rename(new InterfaceName("br1"), new InterfaceName("lan1"));
            world.kernel.addAltName(new InterfaceName("lan1"), "br1");
            int before = world.kernel.applied().size();
            world.restart();
            world.resync();
            assertThat(world.devices()).containsExactly("eth1", "lan1", "lo");
            assertThat(world.masterOf("eth1")).isEqualTo("lan1");
            assertThat(world.kernel.applied()).hasSize(before);
            world.change("lan1", LinkChange.NONE.up(false));
            world.agent.drain();
            assertThat(world.link("lan1").up()).isTrue();
        }

        @Test
        void isLeftToOthersWhoUseItAndSaidOnce() {
            world.network(World.made("blue", "br1")).start();
            world.kernel.addForeign(new InterfaceName("veth0"), "veth");
            world.change("veth0", LinkChange.NONE.master(world.link("br1").index()));
            world.stopAgent();
            world.networks.clear();
            world.start();
            world.resync();
            world.resync();
            assertThat(world.devices()).contains("br1");
            assertThat(world.told.problems).containsExactly("bridge br1 was made for network 'blue', which the configuration"
                    + " no longer has, but carries ports that are not Tapwright's [veth0]: left alone");
        }

        @Test
        void staysUnderADeviceThatStandsOnIt() {
            world.network(World.made("blue", "br1")).start();
            world.kernel.addForeignOn(new InterfaceName("br1"), new InterfaceName("br1.10"), "vlan");
            world.stopAgent();
            world.networks.clear();
            world.start();
            assertThat(world.devices()).containsExactly("br1", "br1.10", "lo");
            assertThat(world.told.problems).containsExactly("bridge br1 was made for network 'blue', which the configuration"
                    + " no longer has, but carries devices that stand on it [br1.10]: left alone");
            world.delete("br1.10");
            world.resync();
            assertThat(world.devices()).containsExactly("lo");
        }

        @Test
        void staysWithTheAddressesThatOthersPutOnIt() {
            world.network(World.made("blue", "br1", "10.1.0.1/24")).start();
            Address byHand = new Address(HOST, 0, 0, 0, Address.FOREVER);
            world.kernel.applyAsOther(new HostAction.AddAddress(world.ref("br1"), byHand));
            world.stopAgent();
            world.networks.clear();
            world.start();
            assertThat(addressesOf("br1")).contains("192.0.2.7/24");
            assertThat(world.told.problems).containsExactly("bridge br1 was made for network 'blue', which the configuration"
                    + " no longer has, but carries addresses that are not Tapwright's [192.0.2.7/24]: left alone");
            world.kernel.applyAsOther(new HostAction.RemoveAddress(world.ref("br1"), byHand));
            world.resync();
            assertThat(world.devices()).containsExactly("lo");
        }

        @Test
        void goesWithItsAddressesWhereTheKernelDoesNotTellWhoseTheyAre() {
            world.network(World.made("blue", "br1")).start();
            world.kernel.applyAsOther(new HostAction.AddAddress(world.ref("br1"), new Address(HOST, 0, 0, 0, Address.FOREVER)));
            world.stopAgent();
            world.networks.clear();
            world.start();
            assertThat(world.devices()).as("before Linux 5.18").containsExactly("lo");
        }

        @Test
        void staysUnderTheRunningVmsThatAreOnIt() {
            DomainSpec blue = domain("blue").nic(1, "vnet0").on(1, "blue").spec();
            world.network(World.made("blue", "br1")).start();
            world.define(blue);
            world.run(blue);
            world.stopAgent();
            world.networks.clear();
            world.start();
            assertThat(world.masterOf("vnet0")).isEqualTo("br1");
            assertThat(world.nic(1).state()).isEqualTo(NicState.FAILED);
            world.stop(blue);
            world.resync();
            assertThat(world.devices()).containsExactly("lo");
        }

        @Test
        void staysIfSomebodyElseMadeIt() {
            world.addBridge("br1");
            world.network(World.made("blue", "br1")).start();
            world.stopAgent();
            world.networks.clear();
            world.start();
            assertThat(world.devices()).containsExactly("br1", "lo");
        }

        @Test
        void makesRoomForTheOneThatTheNetworkHasNow() {
            world.network(World.made("default", "br0")).start();
            world.define(web);
            world.run(web);
            world.stopAgent();
            world.networks.put("default", World.made("default", "br5"));
            world.start();
            world.resync();
            assertThat(world.masterOf("vnet0")).isEqualTo("br5");
            assertThat(world.devices()).containsExactly("br5", "lo", "vnet0");
        }
    }

    @Nested
    class AnUplink {

        private void addByHand(String device, String address) {
            world.kernel.applyAsOther(new HostAction.AddAddress(
                    world.ref(device), new Address(IpPrefix.parse(address), 0, 0, 0, Address.FOREVER)));
        }

        private void addFromRouter(String device, String address) {
            world.kernel.applyAsOther(new HostAction.AddAddress(world.ref(device),
                    new Address(IpPrefix.parse(address), 0, 0, 2, new Address.Lifetimes(1800, 3600))));
        }

        private void eth1(boolean withLayer3) {
            world.kernel.addForeign(new InterfaceName("eth1"), "");
            world.change("eth1", LinkChange.NONE.up(true));
            if (withLayer3) {
                world.kernel.applyAsOther(new HostAction.AddAddress(world.ref("eth1"), new Address(HOST, 0, 0, 0, Address.FOREVER)));
                world.kernel.addRoute(new InterfaceName("eth1"), DEFAULT_ROUTE);
            }
        }

        @Test
        void isAttachedAndMarked() {
            eth1(false);
            world.network(World.withUplink(World.made("default", "br0"), "eth1", false)).start();
            assertThat(world.masterOf("eth1")).isEqualTo("br0");
            assertThat(world.link("eth1").altNames()).containsExactly("tapwright-main-uplink-default");
            assertThat(network("default").state()).isEqualTo(NicState.READY);
        }

        @Test
        void bringsItsAddressesAndRoutesAlongAndTakesThemBack() {
            eth1(true);
            List<String> before = SeenKernel.describe(world.kernel);
            world.network(World.withUplink(World.made("default", "br0", "10.1.0.1/24"), "eth1", true)).start();
            assertThat(addressesOf("eth1")).isEmpty();
            assertThat(addressesOf("br0")).containsExactly("10.1.0.1/24", "192.0.2.7/24");
            assertThat(hasDefaultRoute("br0")).isTrue();
            world.stopAgent();
            world.networks.clear();
            world.start();
            assertThat(SeenKernel.describe(world.kernel)).isEqualTo(before);
            assertThat(hasDefaultRoute("eth1")).isTrue();
        }

        @Test
        void takesRoutesBackThatCameWithoutAnAddress() {
            eth1(false);
            Route onLink = new Route(IpPrefix.parse("10.9.0.0/16"), Optional.empty(), Optional.empty(), 254, 3, 253, 0, false);
            world.kernel.addRoute(new InterfaceName("eth1"), onLink);
            world.network(World.withUplink(World.made("default", "br0"), "eth1", true)).start();
            assertThat(world.kernel.routes(world.ref("br0"))).contains(onLink);
            world.stopAgent();
            world.networks.clear();
            world.start();
            assertThat(world.devices()).containsExactly("eth1", "lo");
            assertThat(world.kernel.routes(world.ref("eth1"))).containsExactly(onLink);
        }

        @Test
        void isFreedFromABridgeOfSomebodyElseToo() {
            eth1(true);
            world.addBridge("br0");
            List<String> before = SeenKernel.describe(world.kernel);
            world.network(World.withUplink(Network.of("default", "br0"), "eth1", true)).start();
            assertThat(world.masterOf("eth1")).isEqualTo("br0");
            world.stopAgent();
            world.network(Network.of("default", "br0")).start();
            assertThat(SeenKernel.describe(world.kernel)).isEqualTo(before);
        }

        @Test
        void leavesABridgeWhatItHadBeforeAndWhatItGotLater() {
            eth1(true);
            world.addBridge("br0");
            addByHand("br0", "10.0.0.1/24");
            Route behind = new Route(IpPrefix.parse("10.50.0.0/16"), Optional.of(InetAddress.ofLiteral("10.0.0.254")),
                    Optional.empty(), 254, 3, 0, 0, false);
            world.kernel.addRoute(new InterfaceName("br0"), behind);
            world.network(World.withUplink(Network.of("default", "br0"), "eth1", true)).start();
            addByHand("br0", "10.8.0.1/24");
            world.stopAgent();
            world.network(Network.of("default", "br0")).start();
            assertThat(addressesOf("br0")).containsExactly("10.0.0.1/24", "10.8.0.1/24");
            assertThat(world.kernel.routes(world.ref("br0"))).contains(behind).doesNotContain(DEFAULT_ROUTE);
            assertThat(addressesOf("eth1")).containsExactly("192.0.2.7/24");
            assertThat(hasDefaultRoute("eth1")).isTrue();
            assertThat(world.link("eth1").altNames()).isEmpty();
        }

        @Test
        void takesAlsoBackWhatFollowedLater() {
            eth1(true);
            world.addBridge("br0");
            world.network(World.withUplink(Network.of("default", "br0"), "eth1", true)).start();
            addByHand("eth1", "192.0.2.8/24");
            world.resync();
            assertThat(addressesOf("br0")).containsExactly("192.0.2.7/24", "192.0.2.8/24");
            world.stopAgent();
            world.network(Network.of("default", "br0")).start();
            assertThat(addressesOf("eth1")).containsExactly("192.0.2.7/24", "192.0.2.8/24");
            assertThat(addressesOf("br0")).isEmpty();
        }

        @Test
        void goesWithItsNetworkToAnotherBridge() {
            eth1(true);
            world.network(World.withUplink(World.made("default", "br0"), "eth1", true)).start();
            world.stopAgent();
            world.network(World.withUplink(World.made("default", "br1"), "eth1", true)).start();
            assertThat(world.masterOf("eth1")).isEqualTo("br1");
            assertThat(addressesOf("br1")).containsExactly("192.0.2.7/24");
            assertThat(hasDefaultRoute("br1")).isTrue();
            assertThat(world.devices()).containsExactly("br1", "eth1", "lo");
        }

        @Test
        void withAddressesIsRefusedUnlessTheConfigurationSaysToMoveThem() {
            eth1(true);
            world.network(World.withUplink(World.made("default", "br0"), "eth1", false)).start();
            assertThat(world.masterOf("eth1")).isEmpty();
            assertThat(addressesOf("eth1")).containsExactly("192.0.2.7/24");
            assertThat(network("default")).returns(NicState.FAILED, n -> n.state()).satisfies(n -> assertThat(n.reason())
                    .contains("uplink eth1 carries [192.0.2.7/24], which would be dead on a bridge's port")
                    .contains("tapwright.networks.default.uplink.move-addresses"));
            world.define(web);
            world.run(web);
            assertThat(world.nic(1).state()).as("the bridge works without its uplink").isEqualTo(NicState.WIRED);
            assertThat(world.told.retries).isEmpty();
        }

        @Test
        void isAttachedWhenItAppearsAndAgainWhenItCameBack() {
            world.network(World.withUplink(World.made("default", "br0"), "eth1", false)).start();
            assertThat(network("default").reason()).contains("uplink eth1 does not exist");
            eth1(false);
            world.agent.drain();
            assertThat(world.masterOf("eth1")).isEqualTo("br0");
            assertThat(world.told.drift).as("it was never there before").isEmpty();
            world.kernel.rename(new InterfaceName("eth1"), new InterfaceName("away"));
            world.agent.drain();
            assertThat(network("default").reason()).contains("uplink eth1 does not exist");
            world.kernel.rename(new InterfaceName("away"), new InterfaceName("eth1"));
            world.agent.drain();
            assertThat(network("default").state()).isEqualTo(NicState.READY);
        }

        @Test
        void withNoAddressButOneFromARouterIsRefusedUnlessItIsToBeMoved() {
            eth1(false);
            addFromRouter("eth1", "2001:db8::7/64");
            world.network(World.withUplink(Network.of("default", "br0"), "eth1", false));
            world.addBridge("br0");
            world.start();
            assertThat(world.masterOf("eth1")).isEmpty();
            assertThat(network("default").reason()).contains("uplink eth1 carries [2001:db8:0:0:0:0:0:7/64]");

            world.stopAgent();
            world.network(World.withUplink(Network.of("default", "br0"), "eth1", true)).start();
            assertThat(addressesOf("br0")).containsExactly("2001:db8:0:0:0:0:0:7/64");
            assertThat(addressesOf("eth1")).isEmpty();

            addFromRouter("br0", "2001:db8::b/64");
            world.stopAgent();
            world.network(Network.of("default", "br0")).start();
            assertThat(addressesOf("eth1")).containsExactly("2001:db8:0:0:0:0:0:7/64");
            assertThat(addressesOf("br0")).as("its own").containsExactly("2001:db8:0:0:0:0:0:b/64");
        }

        @Test
        void configuredByAnAlternativeNameIsAttachedOnceAndPutBackLikeAnyOther() {
            eth1(true);
            world.kernel.addAltName(new InterfaceName("eth1"), "enp1s0");
            world.network(World.withUplink(World.made("default", "br0"), "enp1s0", true)).start();
            assertThat(world.masterOf("eth1")).isEqualTo("br0");
            int before = world.kernel.applied().size();
            world.resync();
            world.passAWhile();
            assertThat(world.kernel.applied()).hasSize(before);
            world.change("eth1", LinkChange.NONE.up(false));
            world.agent.drain();
            assertThat(world.link("eth1").up()).isTrue();
        }

        @Test
        void thatGetsTheConfiguredNameAsAnAlternativeOneIsAttachedThen() {
            eth1(false);
            world.network(World.withUplink(World.made("default", "br0"), "enp1s0", false)).start();
            assertThat(network("default").reason()).contains("uplink enp1s0 does not exist");
            world.kernel.addAltName(new InterfaceName("eth1"), "enp1s0");
            world.agent.drain();
            assertThat(world.masterOf("eth1")).isEqualTo("br0");
        }

        @Test
        void thatSomebodyTookOutOrLoweredIsPutBack() {
            eth1(false);
            world.network(World.withUplink(World.made("default", "br0"), "eth1", false)).start();
            world.change("eth1", LinkChange.NONE.master(Link.NO_MASTER).up(false));
            world.agent.drain();
            assertThat(world.masterOf("eth1")).isEqualTo("br0");
            assertThat(world.link("eth1").up()).isTrue();
        }

        @Test
        void staysMarkedWhileItsBridgeIsAwayAndIsUnmarkedWhenNobodyWantsItAnyMore() {
            eth1(false);
            world.network(World.withUplink(World.made("default", "br0"), "eth1", false)).start();
            world.stopAgent();
            world.delete("br0");
            world.networks.clear();
            world.start();
            assertThat(world.link("eth1").altNames()).isEmpty();
        }

        @Test
        void thatCanNotBeFreedKeepsItsBridgeAndIsTriedAgain() {
            eth1(true);
            world.network(World.withUplink(World.made("default", "br0"), "eth1", true)).start();
            world.stopAgent();
            world.networks.clear();
            world.kernel.refuse(a -> a instanceof HostAction.DetachUplink, Errno.ENOBUFS);
            world.start();
            assertThat(addressesOf("br0")).containsExactly("192.0.2.7/24");
            assertThat(world.told.problems).singleElement().asString().contains("detach uplink eth1 from br0").contains("ENOBUFS");
            world.kernel.relent();
            world.passAWhile();
            assertThat(addressesOf("eth1")).containsExactly("192.0.2.7/24");
            assertThat(world.devices()).containsExactly("eth1", "lo");
        }
    }

    @Test
    void aBridgeOfSomebodyElseIsWaitedForAndUsedAsItIs() {
        world.network(Network.of("default", "br0")).start();
        world.define(web);
        assertThat(world.nic(1).state()).isEqualTo(NicState.FAILED);
        assertThat(network("default").reason())
                .isEqualTo("bridge br0 does not exist; create it, or set tapwright.networks.default.create");
        assertThat(world.prepare(web)).isInstanceOf(HookAnswer.Refused.class);
        world.agent.stopped(web);
        world.agent.released(web);
        world.libvirt.deactivate(web.id());
        world.settle();
        world.addBridge("br0");
        world.change("br0", LinkChange.NONE.mtu(9000));
        world.agent.drain();
        assertThat(world.link("vnet0").mtu()).isEqualTo(9000);
        assertThat(world.told.drift).as("what was never right was changed by nobody").isEmpty();
        assertThat(world.nic(1).state()).isEqualTo(NicState.READY);
        assertThat(network("default").state()).isEqualTo(NicState.READY);
        assertThat(world.told.retries).isEmpty();
    }

    @Test
    void aDeviceThatIsNoBridgeIsNotUsedAsOne() {
        world.kernel.addForeign(new InterfaceName("br0"), "veth");
        world.network(World.made("default", "br0")).start();
        assertThat(world.prepare(web)).isInstanceOf(HookAnswer.Refused.class);
        assertThat(world.masterOf("vnet0")).isEmpty();
        assertThat(network("default").reason()).startsWith("device br0 is no bridge but of kind veth");
    }
}
