package io.tapwright.model.plan;

import static io.tapwright.model.Samples.bridge;
import static io.tapwright.model.Samples.device;
import static io.tapwright.model.Samples.name;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.IpPrefix;
import io.tapwright.model.MacAddress;
import io.tapwright.model.Mark;
import io.tapwright.model.Samples.LinkBuilder;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import io.tapwright.model.network.Network;
import io.tapwright.model.network.Network.Uplink;
import io.tapwright.model.status.NicState;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class NetworkPlanTest {

    private static final BridgePolicy POLICY = new BridgePolicy("main", "host-1");
    private static final MacAddress PINNED = POLICY.macOf(name("br0"));
    private static final String MARK = new Mark.Bridge("main", "blue").text();
    private static final IpPrefix GATEWAY = IpPrefix.parse("10.1.0.1/24");
    private static final IpPrefix GATEWAY_6 = IpPrefix.parse("fd00:1::1/64");
    private static final LinkRef BR0 = new LinkRef(7, name("br0"));
    private static final LinkRef ETH1 = new LinkRef(3, name("eth1"));
    private static final String UPLINK_MARK = "tapwright-main-uplink-blue";
    private static final String MARK_WITH_ADDRESSES = "tapwright-main-uplink-blue+addresses";

    private static final Address STATIC = new Address(IpPrefix.parse("192.0.2.10/24"), 0, 0, 0, Address.FOREVER);
    private static final Address LINK_LOCAL = new Address(IpPrefix.parse("fe80::1/64"), 253, 0, 3, Address.FOREVER);
    private static final Address FROM_ROUTER =
            new Address(IpPrefix.parse("2001:db8::b/64"), 0, 0, 2, new Address.Lifetimes(1800, 3600));
    private static final Route DEFAULT_ROUTE = route("0.0.0.0/0", "192.0.2.1", 3);
    private static final Route ON_LINK = route("192.0.2.0/24", null, Route.PROTOCOL_KERNEL);

    /** The names of an uplink that brought {@link #STATIC} and {@link #DEFAULT_ROUTE}. */
    private static final List<String> RECORD = List.of(MARK_WITH_ADDRESSES, "tapwright-main-moved-blue+104ea7babc893160");

    private static Route route(String destination, String gateway, int protocol) {
        return new Route(IpPrefix.parse(destination), Optional.ofNullable(gateway).map(InetAddress::ofLiteral),
                Optional.empty(), 254, protocol, 0, 0, false);
    }

    private static Network theirs() {
        return Network.of("blue", "br0");
    }

    private static Network made(IpPrefix... addresses) {
        return new Network("blue", name("br0"), true, List.of(addresses), Optional.empty(), Optional.empty());
    }

    private static Network withUplink(boolean moveAddresses) {
        return new Network("blue", name("br0"), false, List.of(), Optional.empty(),
                Optional.of(new Uplink(name("eth1"), moveAddresses)));
    }

    private static LinkBuilder ourBridge() {
        return bridge(7, "br0").mac(PINNED).alias(MARK);
    }

    private static NetworkView seen(LinkBuilder bridge, Address... addresses) {
        return new NetworkView(bridge.there(), List.of(addresses), Optional.empty(), List.of(), List.of());
    }

    private static NetworkView seenWithUplink(LinkBuilder uplink, List<Address> addresses, List<Route> routes) {
        return new NetworkView(bridge(7, "br0").there(), List.of(), uplink.there(), addresses, routes);
    }

    private static final NetworkView NOTHING =
            new NetworkView(Optional.empty(), List.of(), Optional.empty(), List.of(), List.of());

    private static NetworkPlan plan(Network network, NetworkView seen) {
        return NetworkPlan.of(network, seen, POLICY);
    }

    private static void assertToDo(NetworkPlan plan, HostAction... actions) {
        assertThat(plan.actions()).containsExactly(actions);
        assertThat(plan.standing().state()).isEqualTo(NicState.PENDING);
        assertThat(plan.standing().reason()).hasValueSatisfying(reason -> assertThat(reason).startsWith("to do: ")
                .contains(List.of(actions).stream().map(HostAction::toString).toList()));
    }

    private static void assertFailed(NetworkPlan plan, String reason) {
        assertThat(plan.actions()).isEmpty();
        assertThat(plan.standing()).isEqualTo(Standing.failed(reason));
    }

    @Nested
    class ABridgeThatIsMissing {

        @Test
        void isMadeWithAPinnedAddressWhereTheConfigurationSaysSo() {
            assertToDo(plan(made(GATEWAY), NOTHING), new HostAction.CreateBridge(name("br0"), PINNED, 1500, MARK));
            Network jumbo = new Network("blue", name("br0"), true, List.of(), Optional.of(9000), Optional.empty());
            assertToDo(plan(jumbo, NOTHING), new HostAction.CreateBridge(name("br0"), PINNED, 9000, MARK));
        }

        @Test
        void isAskedForOtherwise() {
            assertFailed(plan(theirs(), NOTHING),
                    "bridge br0 does not exist; create it, or set tapwright.networks.blue.create");
        }
    }

    @Nested
    class ADeviceThatIsNoBridge {

        @Test
        void isRefusedAsWhatItIs() {
            assertFailed(plan(made(), seen(device(7, "br0", "veth"))),
                    "device br0 is no bridge but of kind veth; name a bridge in tapwright.networks.blue.bridge");
            assertFailed(plan(theirs(), seen(device(7, "br0", ""))), "device br0 is no bridge but a physical or built-in device;"
                    + " name a bridge in tapwright.networks.blue.bridge");
        }
    }

    @Nested
    class ABridgeOfSomebodyElse {

        @Test
        void isReadyAsItIs() {
            NetworkPlan plan = plan(theirs(), seen(bridge(7, "br0").down().mtu(1400)));
            assertThat(plan.actions()).isEmpty();
            assertThat(plan.standing()).isEqualTo(Standing.ready());
        }

        @Test
        void isLeftAloneEvenWhereTheConfigurationWouldHaveMadeIt() {
            NetworkPlan plan = plan(made(GATEWAY), seen(bridge(7, "br0")));
            assertThat(plan.actions()).isEmpty();
            assertThat(plan.standing()).isEqualTo(Standing.ready(
                    "bridge br0 was there already and is not Tapwright's: its addresses, MTU and MAC address are left alone"));
        }

        @Test
        void isOneThatAnotherInstanceMade() {
            NetworkPlan plan = plan(made(GATEWAY), seen(bridge(7, "br0").alias("tapwright:dev bridge network=blue")));
            assertThat(plan.actions()).isEmpty();
            assertThat(plan.standing().reason()).isPresent();
        }
    }

    @Nested
    class ABridgeOfOurs {

        @Test
        void isReadyAsItShouldBe() {
            Address ours = Address.ours(GATEWAY);
            NetworkPlan plan = plan(made(GATEWAY), seen(ourBridge(), ours, LINK_LOCAL));
            assertThat(plan.actions()).isEmpty();
            assertThat(plan.standing()).isEqualTo(Standing.ready());
        }

        @Test
        void getsOneWriteForEverythingThatIsOff() {
            Network jumbo = new Network("blue", name("br0"), true, List.of(), Optional.of(9000), Optional.empty());
            LinkBuilder drifted = bridge(7, "br0").down().alias("tapwright:main bridge network=old");
            assertToDo(plan(jumbo, seen(drifted)),
                    new HostAction.ChangeLink(BR0, LinkChange.NONE.mac(PINNED).mtu(9000).alias(MARK).up(true)));
        }

        @Test
        void getsItsMarkBackWhereSomebodyWipedItOff() {
            NetworkPlan plan = NetworkPlan.of(made(), seen(ourBridge().alias("mine")), POLICY, Optional.of(new Mark.Bridge("main", "blue")));
            assertToDo(plan, new HostAction.ChangeLink(BR0, LinkChange.NONE.alias(MARK)));
            NetworkPlan another = NetworkPlan.of(made(), seen(ourBridge().alias("tapwright:dev bridge network=blue")), POLICY,
                    Optional.of(new Mark.Bridge("main", "blue")));
            assertThat(another.actions()).isEmpty();
        }

        @Test
        void keepsTheMtuThatItHasWhereNoneIsConfigured() {
            assertThat(plan(made(), seen(ourBridge().mtu(1400))).actions()).isEmpty();
        }

        @Test
        void getsTheAddressesThatAreMissing() {
            assertToDo(plan(made(GATEWAY, GATEWAY_6), seen(ourBridge(), Address.ours(GATEWAY))),
                    new HostAction.AddAddress(BR0, Address.ours(GATEWAY_6)));
        }

        @Test
        void losesOursThatAreConfiguredNoMoreAndKeepsTheOthers() {
            Address old = Address.ours(IpPrefix.parse("10.9.0.1/24"));
            assertToDo(plan(made(GATEWAY), seen(ourBridge(), old, STATIC, LINK_LOCAL)),
                    new HostAction.AddAddress(BR0, Address.ours(GATEWAY)), new HostAction.RemoveAddress(BR0, old));
        }

        @Test
        void takesAnAddressThatSomebodyElseAddedForTheOneConfigured() {
            Address byHand = new Address(GATEWAY, 0, 0, 0, Address.FOREVER);
            assertThat(plan(made(GATEWAY), seen(ourBridge(), byHand)).actions()).isEmpty();
        }
    }

    @Nested
    class AnUplink {

        @Test
        void isAttached() {
            assertToDo(plan(withUplink(false), seenWithUplink(device(3, "eth1", "").up(), List.of(LINK_LOCAL), List.of(ON_LINK))),
                    new HostAction.AttachUplink(ETH1, BR0, List.of(UPLINK_MARK), List.of(), List.of()));
        }

        @Test
        void isRaisedOnceAttached() {
            LinkBuilder attached = device(3, "eth1", "").master(7).altName(UPLINK_MARK);
            assertToDo(plan(withUplink(false), seenWithUplink(attached, List.of(), List.of())),
                    new HostAction.ChangeLink(ETH1, LinkChange.NONE.up(true)));
            NetworkPlan plan = plan(withUplink(false), seenWithUplink(attached.up(), List.of(LINK_LOCAL), List.of()));
            assertThat(plan.actions()).isEmpty();
            assertThat(plan.standing()).isEqualTo(Standing.ready());
        }

        @Test
        void takesItsAddressesAndRoutesAlongWhereTheConfigurationSaysSo() {
            NetworkView seen = seenWithUplink(device(3, "eth1", "").up(), List.of(STATIC, LINK_LOCAL), List.of(ON_LINK, DEFAULT_ROUTE));
            assertToDo(plan(withUplink(true), seen),
                    new HostAction.AttachUplink(ETH1, BR0, RECORD, List.of(STATIC), List.of(DEFAULT_ROUTE)));
        }

        @Test
        void withAddressesIsRefusedOtherwise() {
            NetworkView seen = seenWithUplink(device(3, "eth1", "").up(), List.of(STATIC), List.of());
            assertFailed(plan(withUplink(false), seen), "uplink eth1 carries [192.0.2.10/24], which would be dead on a bridge's port;"
                    + " remove them, or set tapwright.networks.blue.uplink.move-addresses to move them to bridge br0");
        }

        @Test
        void thatGotAnAddressAfterItWasAttachedHasItMovedToo() {
            NetworkView seen = seenWithUplink(device(3, "eth1", "").up().master(7), List.of(STATIC), List.of(DEFAULT_ROUTE));
            assertToDo(plan(withUplink(true), seen),
                    new HostAction.AttachUplink(ETH1, BR0, RECORD, List.of(STATIC), List.of(DEFAULT_ROUTE)));
            assertThat(plan(withUplink(false), seen).standing().state()).isEqualTo(NicState.FAILED);
        }

        @Test
        void thatIsMissingIsNamedWithItsKey() {
            NetworkView seen = new NetworkView(bridge(7, "br0").there(), List.of(), Optional.empty(), List.of(), List.of());
            assertFailed(plan(withUplink(false), seen),
                    "uplink eth1 does not exist; plug it in, or correct tapwright.networks.blue.uplink.device");
        }

        @Test
        void ofAnotherBridgeIsNotStolen() {
            assertFailed(plan(withUplink(false), seenWithUplink(device(3, "eth1", "").up().master(99), List.of(), List.of())),
                    "uplink eth1 is a port of another device (index 99) already; take it out there first");
        }

        @Test
        void thatCanNotBeHadDoesNotKeepTheBridgeFromItsAddress() {
            Network network = new Network("blue", name("br0"), true, List.of(GATEWAY), Optional.empty(),
                    Optional.of(new Uplink(name("eth1"), false)));
            NetworkPlan plan = plan(network, seen(ourBridge()));
            assertThat(plan.actions()).containsExactly(new HostAction.AddAddress(BR0, Address.ours(GATEWAY)));
            assertThat(plan.standing().state()).isEqualTo(NicState.FAILED);
        }

        @Test
        void goesBackWithWhatItBroughtAndNothingElseOfTheBridge() {
            LinkBuilder uplink = device(3, "eth1", "").master(7);
            RECORD.forEach(uplink::altName);
            Address another = new Address(IpPrefix.parse("10.0.0.1/24"), 0, 0, 0, Address.FOREVER);
            Route through = route("10.50.0.0/16", "10.0.0.254", 3);
            assertThat(NetworkPlan.detachment(uplink.build(), BR0, "blue", POLICY,
                    List.of(another, STATIC, LINK_LOCAL, Address.ours(GATEWAY)), List.of(ON_LINK, DEFAULT_ROUTE, through)))
                    .isEqualTo(new HostAction.DetachUplink(ETH1, BR0, RECORD, List.of(STATIC), List.of(DEFAULT_ROUTE)));
        }

        @Test
        void ofAnOlderVersionWhichRecordedNothingGoesBackWithAllButWhatIsTheBridgesOwn() {
            Link uplink = device(3, "eth1", "").master(7).altName(MARK_WITH_ADDRESSES).build();
            assertThat(NetworkPlan.detachment(uplink, BR0, "blue", POLICY,
                    List.of(STATIC, LINK_LOCAL, FROM_ROUTER, Address.ours(GATEWAY)), List.of(ON_LINK, DEFAULT_ROUTE)))
                    .isEqualTo(new HostAction.DetachUplink(
                            ETH1, BR0, List.of(MARK_WITH_ADDRESSES), List.of(STATIC), List.of(DEFAULT_ROUTE)));
        }

        @Test
        void ofAnOlderVersionKeepsNoRecordOfWhatFollowsLater() {
            NetworkView seen = seenWithUplink(device(3, "eth1", "").up().master(7).altName(MARK_WITH_ADDRESSES),
                    List.of(STATIC), List.of());
            assertToDo(plan(withUplink(true), seen),
                    new HostAction.AttachUplink(ETH1, BR0, List.of(MARK_WITH_ADDRESSES), List.of(STATIC), List.of()));
        }

        @Test
        void recordsOnlyWhatIsNewToIt() {
            LinkBuilder uplink = device(3, "eth1", "").up().master(7);
            RECORD.forEach(uplink::altName);
            Address late = new Address(IpPrefix.parse("192.0.2.11/24"), 0, 0, 0, Address.FOREVER);
            NetworkPlan plan = plan(withUplink(true), seenWithUplink(uplink, List.of(STATIC, late), List.of()));
            assertThat(plan.actions()).singleElement().isInstanceOfSatisfying(HostAction.AttachUplink.class, attach ->
                    assertThat(attach.altNames()).hasSize(2).first().isEqualTo(MARK_WITH_ADDRESSES));
        }

        @Test
        void recordsManyRoutesInFewNamesThatFit() {
            BridgePolicy longest = new BridgePolicy("i".repeat(32), "host-1");
            String network = "n".repeat(64);
            List<Route> routes = IntStream.range(0, 200).mapToObj(i -> route("10." + i + ".0.0/16", "192.0.2.1", 3)).toList();
            for (BridgePolicy policy : List.of(POLICY, longest)) {
                String name = policy == POLICY ? "blue" : network;
                List<String> names = UplinkRecord.of(device(3, "eth1", "").build(), name, policy)
                        .namesFor(List.of(STATIC), routes, name, policy);
                assertThat(names).allSatisfy(n -> assertThat(n.length()).isLessThanOrEqualTo(127)).doesNotHaveDuplicates();
                LinkBuilder uplink = device(3, "eth1", "");
                names.forEach(uplink::altName);
                UplinkRecord record = UplinkRecord.of(uplink.build(), name, policy);
                assertThat(record.names()).isEqualTo(names);
                assertThat(record.goingBackOf(routes)).isEqualTo(routes);
                assertThat(record.goingBack(List.of(STATIC))).containsExactly(STATIC);
            }
            assertThat(UplinkRecord.of(device(3, "eth1", "").build(), "blue", POLICY)
                    .namesFor(List.of(STATIC), routes, "blue", POLICY)).hasSizeLessThan(20);
        }

        @Test
        void goesBackWithNothingWhereItBroughtNothing() {
            Link uplink = device(3, "eth1", "").master(7).altName(UPLINK_MARK).build();
            assertThat(NetworkPlan.detachment(uplink, BR0, "blue", POLICY,
                    List.of(STATIC, LINK_LOCAL), List.of(ON_LINK, DEFAULT_ROUTE)))
                    .isEqualTo(new HostAction.DetachUplink(ETH1, BR0, List.of(UPLINK_MARK), List.of(), List.of()));
        }
    }

    @Nested
    class ThePinnedAddress {

        @Test
        void isLocalUnicastTheSameEveryTimeAndDiffersByBridgeInstanceAndHost() {
            assertThat(PINNED.text()).startsWith("02:");
            assertThat(PINNED.isMulticast()).isFalse();
            assertThat(new BridgePolicy("main", "host-1").macOf(name("br0"))).isEqualTo(PINNED);
            assertThat(POLICY.macOf(name("br1"))).isNotEqualTo(PINNED);
            assertThat(new BridgePolicy("dev", "host-1").macOf(name("br0"))).isNotEqualTo(PINNED);
            assertThat(new BridgePolicy("main", "host-2").macOf(name("br0"))).isNotEqualTo(PINNED);
        }
    }
}
