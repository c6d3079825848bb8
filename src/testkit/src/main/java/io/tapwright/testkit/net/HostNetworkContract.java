package io.tapwright.testkit.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetwork.Detail;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.Link.BridgePort;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.TapOwner;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * What {@link HostNetwork} promises, for the kernel and for {@link FakeHostNetwork} alike. Starts with a network that
 * has a loopback device and nothing else.
 */
public abstract class HostNetworkContract {

    protected static final InterfaceName TAP = new InterfaceName("vnet0");
    protected static final InterfaceName BRIDGE = new InterfaceName("br0");
    private static final InterfaceName FOREIGN = new InterfaceName("foreign0");
    /** The second as long as an alternative name can be. */
    private static final List<String> UPLINK_NAMES = List.of("uplink-mark", "moved+" + "0".repeat(121));
    private static final MacAddress TAP_MAC = new MacAddress("fe:54:00:00:00:01");
    private static final MacAddress BRIDGE_MAC = new MacAddress("02:00:00:00:00:07");
    private static final String ALIAS = "tapwright:test tap of Jürgen's 虚拟机";
    private static final LinkChange SETTINGS = LinkChange.NONE.mac(TAP_MAC).mtu(1400).alias(ALIAS).withIpv6Off();

    protected abstract HostNetwork network();

    /** Makes a device as another program would; it is down and has a carrier once it is up. */
    protected abstract void addForeign(InterfaceName name);

    /** Opens a tap as QEMU does, until the answer is closed. */
    protected abstract AutoCloseable hold(InterfaceName tap, boolean multiQueue);

    /** Adds a default route as an operator would. */
    protected abstract void addDefaultRoute(InterfaceName device, String gateway);

    @Test
    void aNewTapHasAllThatWasAskedFor() {
        Link tap = createTap(TAP, false, new TapOwner(1001, 1002), SETTINGS);

        assertThat(tap.name()).isEqualTo(TAP);
        assertThat(tap.kind()).isEqualTo(Link.TUN);
        assertThat(tap.tun()).contains(new Link.Tun(true, false, true, true, 1001, 1002, -1));
        assertThat(tap.mac()).contains(TAP_MAC);
        assertThat(tap.mtu()).isEqualTo(1400);
        assertThat(tap.alias()).isEqualTo(ALIAS);
        assertThat(tap.ipv6Disabled()).isTrue();
        assertThat(tap.up()).isFalse();
        assertThat(tap.carrier()).isFalse();
        assertThat(tap.master()).isEqualTo(Link.NO_MASTER);
        assertThat(tap.port()).isEmpty();
        assertThat(tap.counters()).isEmpty();
        assertThat(network().link(tap.index())).contains(tap);
    }

    @Test
    void aTapWithManyQueuesSaysSoAndHasNoOwnerUnlessGiven() {
        Link tap = createTap(TAP, true, TapOwner.NOBODY, SETTINGS);

        assertThat(tap.tun()).contains(new Link.Tun(true, true, true, true, -1, -1, 0));
    }

    @Test
    void aNewTapCanBeAttachedAndUpFromTheStart() {
        Link bridge = createBridge(BRIDGE);

        Link tap = createTap(TAP, false, TapOwner.NOBODY, SETTINGS.master(bridge.index()).up(true));

        assertThat(tap.master()).isEqualTo(bridge.index());
        assertThat(tap.up()).isTrue();
        assertThat(tap.port()).contains(new BridgePort(BridgePort.State.DISABLED));
    }

    @Test
    void aTapIsNotMadeOverADeviceOfThatName() {
        addForeign(FOREIGN);
        Link before = require(FOREIGN);

        assertRefused(Errno.EEXIST, "create tap foreign0", new HostAction.CreateTap(FOREIGN, false, TapOwner.NOBODY, SETTINGS));

        assertThat(require(FOREIGN)).isEqualTo(before);
    }

    @Test
    void aTapIsNotMadeOverAnotherTap() {
        Link first = createTap(TAP, false, TapOwner.NOBODY, SETTINGS);

        assertRefused(Errno.EEXIST, "create tap vnet0", new HostAction.CreateTap(TAP, false, TapOwner.NOBODY, LinkChange.NONE.mtu(1300)));

        assertThat(require(TAP)).isEqualTo(first);
    }

    @Test
    void aTapThatCanNotHaveItsSettingsIsNotMade() {
        assertRefused(Errno.EINVAL, "create tap vnet0", new HostAction.CreateTap(TAP, false, TapOwner.NOBODY, SETTINGS.mtu(1)));
        assertRefused(Errno.EINVAL, "create tap vnet0", new HostAction.CreateTap(TAP, false, TapOwner.NOBODY, SETTINGS.master(4711)));

        assertThat(network().link(TAP)).isEmpty();
        assertThat(network().links(Detail.STATE)).hasSize(1);
    }

    @Test
    void aNameOfFifteenBytesWithLettersBeyondAsciiIsAName() {
        InterfaceName name = new InterfaceName("tap-ü-é-ñ-12");
        createTap(name, false, TapOwner.NOBODY, SETTINGS);

        assertThat(require(name).name()).isEqualTo(name);
    }

    @Test
    void aTapHasACarrierAndForwardsWhileItIsHeld() throws Exception {
        Link bridge = createBridge(BRIDGE);
        Link tap = createTap(TAP, false, TapOwner.NOBODY, SETTINGS);
        try (AutoCloseable held = hold(TAP, false)) {
            assertThat(held).isNotNull();
            assertThat(require(TAP).carrier()).as("carrier while down").isTrue();

            change(tap, LinkChange.NONE.master(bridge.index()).up(true));

            Link wired = awaitLink(TAP, l -> l.port().isPresent() && l.port().get().state() == BridgePort.State.FORWARDING);
            assertThat(wired.carrier()).isTrue();
            assertThat(wired.up()).isTrue();
            assertThat(wired.master()).isEqualTo(bridge.index());
        }
        Link released = awaitLink(TAP, l -> l.port().isPresent() && l.port().get().state() == BridgePort.State.DISABLED);
        assertThat(released.carrier()).isFalse();
        assertThat(released.up()).isTrue();
    }

    @Test
    void aTapWithManyQueuesCountsThoseThatAreOpen() throws Exception {
        createTap(TAP, true, TapOwner.NOBODY, SETTINGS);
        try (AutoCloseable one = hold(TAP, true); AutoCloseable two = hold(TAP, true)) {
            assertThat(one).isNotSameAs(two);
            assertThat(require(TAP).tun().orElseThrow().queues()).isEqualTo(2);
        }
    }

    @Test
    void aDetachedTapIsNoPortAnyMore() {
        Link bridge = createBridge(BRIDGE);
        Link tap = createTap(TAP, false, TapOwner.NOBODY, SETTINGS.master(bridge.index()).up(true));

        change(tap, LinkChange.NONE.master(Link.NO_MASTER).up(false));

        Link after = require(TAP);
        assertThat(after.master()).isEqualTo(Link.NO_MASTER);
        assertThat(after.port()).isEmpty();
        assertThat(after.up()).isFalse();
    }

    @Test
    void anAttachedTapGoesToAnotherBridgeInOneStep() {
        Link first = createBridge(BRIDGE);
        Link second = createBridge(new InterfaceName("br1"));
        Link tap = createTap(TAP, false, TapOwner.NOBODY, SETTINGS.master(first.index()).up(true));

        change(tap, LinkChange.NONE.master(second.index()));

        assertThat(require(TAP).master()).isEqualTo(second.index());
    }

    @Test
    void aChangeThatIsRefusedChangesNothing() {
        Link tap = createTap(TAP, false, TapOwner.NOBODY, SETTINGS);

        assertRefused(Errno.EINVAL, "set vnet0", new HostAction.ChangeLink(tap.ref(), LinkChange.NONE
                .mac(new MacAddress("fe:54:00:00:00:02")).mtu(1 << 20).alias("other").up(true)));
        assertRefused(Errno.EINVAL, "attach vnet0 to index 4711", new HostAction.ChangeLink(tap.ref(), LinkChange.NONE
                .mac(new MacAddress("fe:54:00:00:00:02")).alias("other").master(4711).up(true)));
        assertRefused(Errno.EADDRNOTAVAIL, "set vnet0", new HostAction.ChangeLink(
                tap.ref(), LinkChange.NONE.mac(new MacAddress("01:00:5e:00:00:01"))));

        assertThat(require(TAP)).isEqualTo(tap);
    }

    @Test
    void aBridgeIsNoPort() {
        Link bridge = createBridge(BRIDGE);
        Link other = createBridge(new InterfaceName("br1"));

        HostNetworkException refused = assertRefused(Errno.ELOOP, "attach br1 to br0",
                new HostAction.ChangeLink(other.ref(), LinkChange.NONE.master(bridge.index())));

        assertThat(refused).hasMessage("attach br1 to br0: ELOOP (Can not enslave a bridge to a bridge)");
    }

    @Test
    void whatIsNoBridgeHasNoPorts() {
        addForeign(FOREIGN);
        Link tap = createTap(TAP, false, TapOwner.NOBODY, SETTINGS);

        assertRefused(Errno.EOPNOTSUPP, "attach vnet0 to foreign0",
                new HostAction.ChangeLink(tap.ref(), LinkChange.NONE.master(require(FOREIGN).index())));
    }

    @Test
    void aBridgeTakes1023Ports() {
        Link bridge = createBridge(BRIDGE);
        for (int i = 1; i <= 1023; i++) {
            createTap(new InterfaceName("port" + i), false, TapOwner.NOBODY, SETTINGS.master(bridge.index()));
        }
        Link tap = createTap(TAP, false, TapOwner.NOBODY, SETTINGS);

        assertRefused(Errno.EXFULL, "attach vnet0 to br0",
                new HostAction.ChangeLink(tap.ref(), LinkChange.NONE.master(bridge.index()).up(true)));

        assertThat(require(TAP)).isEqualTo(tap);
        assertThat(network().links(Detail.STATE).stream().filter(l -> l.master() == bridge.index())).hasSize(1023);
    }

    @Test
    void aGoneDeviceIsNeitherChangedNorADeletionsError() {
        Link tap = createTap(TAP, false, TapOwner.NOBODY, SETTINGS);
        network().apply(new HostAction.DeleteLink(tap.ref()));
        network().apply(new HostAction.DeleteLink(tap.ref()));

        assertThat(network().link(TAP)).isEmpty();
        assertThat(network().link(tap.index())).isEmpty();
        assertRefused(Errno.ENODEV, "set vnet0", new HostAction.ChangeLink(tap.ref(), LinkChange.NONE.up(true)));
        assertRefused(Errno.ENODEV, "set vnet0", new HostAction.ChangeLink(tap.ref(), LinkChange.NONE.withIpv6Off().up(true)));
    }

    @Test
    void aNamesakeIsAnotherDevice() {
        Link first = createTap(TAP, false, TapOwner.NOBODY, SETTINGS);
        network().apply(new HostAction.DeleteLink(first.ref()));
        Link second = createTap(TAP, false, TapOwner.NOBODY, SETTINGS);

        network().apply(new HostAction.DeleteLink(first.ref()));

        assertThat(second.index()).isNotEqualTo(first.index());
        assertThat(require(TAP)).isEqualTo(second);
        assertRefused(Errno.ENODEV, "set vnet0", new HostAction.ChangeLink(first.ref(), LinkChange.NONE.withIpv6Off().up(true)));
    }

    @Test
    void theLoopbackDeviceStays() {
        LinkRef loopback = require(new InterfaceName("lo")).ref();

        assertRefused(Errno.EOPNOTSUPP, "delete lo", new HostAction.DeleteLink(loopback));
    }

    @Test
    void aNewBridgeIsMarkedUpAndKeepsItsAddress() throws Exception {
        Link bridge = createBridge(BRIDGE);
        createTap(TAP, false, TapOwner.NOBODY, SETTINGS.mtu(9000).mac(new MacAddress("00:00:00:00:00:01")).master(bridge.index()).up(true));
        try (AutoCloseable held = hold(TAP, false)) {
            assertThat(held).isNotNull();
            awaitLink(TAP, l -> l.port().isPresent() && l.port().get().state() == BridgePort.State.FORWARDING);
        }

        Link after = require(BRIDGE);
        assertThat(after.isBridge()).isTrue();
        assertThat(after.up()).isTrue();
        assertThat(after.alias()).isEqualTo(ALIAS);
        assertThat(after.mac()).contains(BRIDGE_MAC);
        assertThat(after.mtu()).isEqualTo(9000);
    }

    @Test
    void aBridgeKeepsItsMtuWhenAPortHasASmallerOne() {
        Link bridge = createBridge(BRIDGE);

        createTap(TAP, false, TapOwner.NOBODY, SETTINGS.mtu(1280).master(bridge.index()).up(true));

        assertThat(require(BRIDGE).mtu()).isEqualTo(9000);
    }

    @Test
    void aBridgeKeepsTheMtuThatTheKernelStartsWithToo() {
        network().apply(new HostAction.CreateBridge(BRIDGE, BRIDGE_MAC, 1500, ALIAS));

        createTap(TAP, false, TapOwner.NOBODY, SETTINGS.mtu(1280).master(require(BRIDGE).index()).up(true));

        assertThat(require(BRIDGE).mtu()).isEqualTo(1500);
    }

    @Test
    void aBridgeIsNotMadeOverADeviceOfThatName() {
        addForeign(FOREIGN);
        Link before = require(FOREIGN);

        assertRefused(Errno.EEXIST, "create bridge foreign0", new HostAction.CreateBridge(FOREIGN, BRIDGE_MAC, 1500, ALIAS));

        assertThat(require(FOREIGN)).isEqualTo(before);
    }

    @Test
    void aBridgeThatCanNotHaveItsMtuIsNotMade() {
        assertRefused(Errno.EINVAL, "create bridge br0", new HostAction.CreateBridge(BRIDGE, BRIDGE_MAC, 70000, ALIAS));

        assertThat(network().link(BRIDGE)).isEmpty();
    }

    @Test
    void theDeletionOfABridgeFreesItsPorts() {
        Link bridge = createBridge(BRIDGE);
        createTap(TAP, false, TapOwner.NOBODY, SETTINGS.master(bridge.index()).up(true));

        network().apply(new HostAction.DeleteLink(bridge.ref()));

        assertThat(require(TAP).master()).isEqualTo(Link.NO_MASTER);
        assertThat(require(TAP).up()).isTrue();
    }

    @Test
    void addressesComeAndGoAndMayDoSoTwice() {
        LinkRef bridge = createBridge(BRIDGE).ref();
        Address ipv4 = Address.ours(IpPrefix.parse("10.1.0.1/24"));
        Address ipv6 = Address.ours(IpPrefix.parse("fd00:1::1/64"));
        for (Address address : List.of(ipv4, ipv6, ipv4, ipv6)) {
            network().apply(new HostAction.AddAddress(bridge, address));
        }

        assertThat(ourPrefixes(bridge)).containsExactly(ipv4.prefix(), ipv6.prefix());

        network().apply(new HostAction.RemoveAddress(bridge, ipv4));
        network().apply(new HostAction.RemoveAddress(bridge, ipv4));

        assertThat(ourPrefixes(bridge)).containsExactly(ipv6.prefix());
    }

    @Test
    void anUplinkTakesItsAddressesAndRoutesAlongAndBack() {
        Link bridge = createBridge(BRIDGE);
        Link uplink = uplinkWithAddresses();
        List<IpPrefix> addresses = prefixes(uplink.ref());
        List<String> routes = routes(uplink.ref());
        assertThat(routes).containsExactlyInAnyOrder("0.0.0.0/0 via 192.0.2.254", "0:0:0:0:0:0:0:0/0 via 2001:db8:0:0:0:0:0:fe");

        attachUplink(uplink, bridge);

        assertThat(require(FOREIGN).master()).isEqualTo(bridge.index());
        assertThat(network().link(new InterfaceName("uplink-mark"))).map(Link::name).contains(FOREIGN);
        assertThat(require(FOREIGN).altNames()).containsExactlyElementsOf(UPLINK_NAMES);
        assertThat(prefixes(uplink.ref())).isEmpty();
        assertThat(prefixes(bridge.ref())).containsExactlyElementsOf(addresses);
        assertThat(routes(uplink.ref())).isEmpty();
        assertThat(routes(bridge.ref())).containsExactlyElementsOf(routes);

        network().apply(new HostAction.DetachUplink(uplink.ref(), bridge.ref(), UPLINK_NAMES,
                network().addresses(bridge.ref()), network().routes(bridge.ref())));

        assertThat(require(FOREIGN)).isEqualTo(uplink);
        assertThat(prefixes(bridge.ref())).isEmpty();
        assertThat(prefixes(uplink.ref())).containsExactlyElementsOf(addresses);
        assertThat(routes(bridge.ref())).isEmpty();
        assertThat(routes(uplink.ref())).containsExactlyElementsOf(routes);
    }

    @Test
    void anAddressThatAnAttachedUplinkGotLateFollows() {
        Link bridge = createBridge(BRIDGE);
        Link uplink = uplinkWithAddresses();
        attachUplink(uplink, bridge);
        IpPrefix late = IpPrefix.parse("192.0.2.3/24");
        network().apply(new HostAction.AddAddress(uplink.ref(), new Address(late, 0, 0, 0, Address.FOREVER)));

        attachUplink(uplink, bridge);

        assertThat(prefixes(uplink.ref())).isEmpty();
        assertThat(prefixes(bridge.ref())).hasSize(4).contains(late);
        assertThat(require(FOREIGN).altNames()).containsExactlyElementsOf(UPLINK_NAMES);
    }

    @Test
    void anAddressFromARouterMovesWithWhatIsLeftOfItsLife() {
        Link bridge = createBridge(BRIDGE);
        addForeign(FOREIGN);
        change(require(FOREIGN), LinkChange.NONE.up(true));
        Link uplink = require(FOREIGN);
        network().apply(new HostAction.AddAddress(uplink.ref(),
                new Address(IpPrefix.parse("2001:db8::7/64"), 0, 0, 2, new Address.Lifetimes(1800, 3600))));

        attachUplink(uplink, bridge);

        assertThat(network().addresses(bridge.ref()).stream().filter(a -> !a.isKernelMade())).singleElement().satisfies(moved -> {
            assertThat(moved.prefix()).isEqualTo(IpPrefix.parse("2001:db8::7/64"));
            assertThat(moved.isFromRouter()).isTrue();
            assertThat(moved.lifetimes().validSeconds()).isBetween(3000L, 3600L);
        });
        assertThat(prefixes(uplink.ref())).isEmpty();
    }

    @Test
    void anUplinkThatCanNotBeAttachedKeepsWhatItHas() {
        Link bridge = createBridge(BRIDGE);
        Link uplink = uplinkWithAddresses();
        List<IpPrefix> addresses = prefixes(uplink.ref());
        List<String> routes = routes(uplink.ref());
        createTap(new InterfaceName("uplink-mark"), false, TapOwner.NOBODY, SETTINGS);

        HostAction action = new HostAction.AttachUplink(uplink.ref(), bridge.ref(), List.of("uplink-mark"),
                network().addresses(uplink.ref()), network().routes(uplink.ref()));
        assertRefused(Errno.EEXIST, "attach uplink foreign0 to br0", action);

        assertThat(require(FOREIGN)).isEqualTo(uplink);
        assertThat(prefixes(uplink.ref())).containsExactlyElementsOf(addresses);
        assertThat(routes(uplink.ref())).containsExactlyElementsOf(routes);
        assertThat(prefixes(bridge.ref())).isEmpty();
        assertThat(routes(bridge.ref())).isEmpty();
    }

    @Test
    void aPortOfOneBridgeIsNoUplinkOfAnother() {
        addForeign(FOREIGN);
        Link first = createBridge(BRIDGE);
        Link second = createBridge(new InterfaceName("br1"));
        change(require(FOREIGN), LinkChange.NONE.master(first.index()));
        Link uplink = require(FOREIGN);

        assertRefused(Errno.EBUSY, "attach uplink foreign0 to br1",
                new HostAction.AttachUplink(uplink.ref(), second.ref(), List.of("uplink-mark"), List.of(), List.of()));

        assertThat(require(FOREIGN)).isEqualTo(uplink);
    }

    @Test
    void aDumpHasEveryDeviceAndCountersWhereAskedFor() {
        Link bridge = createBridge(BRIDGE);
        Link tap = createTap(TAP, false, TapOwner.NOBODY, SETTINGS.master(bridge.index()));

        List<Link> state = network().links(Detail.STATE);
        List<Link> counted = network().links(Detail.COUNTERS);

        assertThat(state).extracting(l -> l.name().text()).containsExactlyInAnyOrder("lo", "br0", "vnet0");
        assertThat(state).contains(tap).allMatch(l -> l.counters().isEmpty());
        assertThat(counted).hasSize(3).allMatch(l -> l.counters().isPresent());
    }

    @Test
    void aMonitorHearsOfCreationChangeAndDeletion() throws Exception {
        RecordingListener listener = new RecordingListener();
        try (AutoCloseable monitor = network().monitor(listener)) {
            assertThat(monitor).isNotNull();
            Link bridge = createBridge(BRIDGE);
            Link tap = createTap(TAP, false, TapOwner.NOBODY, SETTINGS);
            // The kernel tells of a new device, but not of an alias that is set while the device is down.
            assertThat(listener.awaitChanged(l -> l.index() == tap.index()).name()).isEqualTo(TAP);

            change(tap, LinkChange.NONE.master(bridge.index()).up(true));
            listener.awaitChanged(l -> l.index() == tap.index() && l.master() == bridge.index() && l.up());
            try (AutoCloseable held = hold(TAP, false)) {
                assertThat(held).isNotNull();
                listener.awaitChanged(l -> l.index() == tap.index()
                        && l.port().filter(p -> p.state() == BridgePort.State.FORWARDING).isPresent());
            }

            network().apply(new HostAction.DeleteLink(tap.ref()));
            listener.await(h -> h instanceof RecordingListener.Heard.Gone(LinkRef gone) && gone.equals(tap.ref()));
        }
    }

    @Test
    void aClosedMonitorHearsNothing() throws Exception {
        RecordingListener closed = new RecordingListener();
        RecordingListener open = new RecordingListener();
        try (AutoCloseable monitor = network().monitor(open)) {
            assertThat(monitor).isNotNull();
            network().monitor(closed).close();

            Link bridge = createBridge(BRIDGE);
            open.awaitChanged(l -> l.index() == bridge.index());
        }

        assertThat(closed.isEmpty()).isTrue();
    }

    @Test
    void manyDevicesAreDeletedTogetherAndOthersAreNot() {
        Link bridge = createBridge(BRIDGE);
        List<LinkRef> doomed = new ArrayList<>();
        for (int i = 1; i <= 50; i++) {
            LinkChange attached = LinkChange.NONE.alias(ALIAS).master(bridge.index()).up(true);
            doomed.add(createTap(new InterfaceName("doomed" + i), false, TapOwner.NOBODY, attached).ref());
        }
        Link spared = createTap(TAP, false, TapOwner.NOBODY, LinkChange.NONE.master(bridge.index()));
        addForeign(FOREIGN);
        network().apply(new HostAction.DeleteLink(doomed.get(7)));

        network().apply(new HostAction.DeleteLinks(doomed));

        assertThat(network().links(Detail.STATE)).extracting(l -> l.name().text())
                .contains("br0", "vnet0", "foreign0").noneMatch(name -> name.startsWith("doomed"));
        assertThat(require(TAP)).isEqualTo(spared);
        network().apply(new HostAction.DeleteLinks(doomed));
        network().apply(new HostAction.DeleteLinks(doomed.subList(0, 1)));
    }

    @Test
    void aTapGetsAnotherNameAndIsTheSameOtherwise() {
        Link bridge = createBridge(BRIDGE);
        Link before = createTap(TAP, false, TapOwner.NOBODY, SETTINGS.master(bridge.index()).up(true));
        InterfaceName other = new InterfaceName("other0");

        network().apply(new HostAction.RenameLink(before.ref(), other));

        Link after = require(other);
        assertThat(network().link(TAP)).isEmpty();
        assertThat(after.index()).isEqualTo(before.index());
        assertThat(after.up()).isTrue();
        assertThat(after.master()).isEqualTo(bridge.index());
        assertThat(after.alias()).isEqualTo(before.alias());
        network().apply(new HostAction.ChangeLink(after.ref(), LinkChange.NONE.up(false)));
        network().apply(new HostAction.RenameLink(after.ref(), TAP));
        assertThat(require(TAP).up()).as("down before, down after").isFalse();
    }

    @Test
    void aTapDoesNotGetANameThatIsTakenAndIsAsItWas() {
        Link before = createTap(TAP, false, TapOwner.NOBODY, SETTINGS.up(true));
        addForeign(FOREIGN);

        assertRefused(Errno.EEXIST, "rename vnet0 to foreign0", new HostAction.RenameLink(before.ref(), FOREIGN));

        assertThat(require(TAP).up()).isTrue();
        assertRefused(Errno.ENODEV, "rename gone0 to new0", new HostAction.RenameLink(
                new LinkRef(4711, new InterfaceName("gone0")), new InterfaceName("new0")));
    }

    private Link uplinkWithAddresses() {
        addForeign(FOREIGN);
        change(require(FOREIGN), LinkChange.NONE.up(true));
        LinkRef uplink = require(FOREIGN).ref();
        for (String address : List.of("192.0.2.1/24", "192.0.2.2/24", "2001:db8::1/64")) {
            network().apply(new HostAction.AddAddress(uplink,
                    new Address(IpPrefix.parse(address), 0, 0, 0, Address.FOREVER)));
        }
        addDefaultRoute(FOREIGN, "192.0.2.254");
        addDefaultRoute(FOREIGN, "2001:db8::fe");
        return require(FOREIGN);
    }

    private void attachUplink(Link uplink, Link bridge) {
        network().apply(new HostAction.AttachUplink(uplink.ref(), bridge.ref(), UPLINK_NAMES,
                network().addresses(uplink.ref()), network().routes(uplink.ref())));
    }

    private List<IpPrefix> prefixes(LinkRef link) {
        return network().addresses(link).stream().filter(a -> !a.isKernelMade()).map(Address::prefix).toList();
    }

    private List<IpPrefix> ourPrefixes(LinkRef link) {
        return network().addresses(link).stream().filter(Address::isOurs).map(Address::prefix).toList();
    }

    private List<String> routes(LinkRef link) {
        return network().routes(link).stream().filter(r -> !r.isKernelMade()).map(Object::toString).toList();
    }

    protected final Link createTap(InterfaceName name, boolean multiQueue, TapOwner owner, LinkChange settings) {
        network().apply(new HostAction.CreateTap(name, multiQueue, owner, settings));
        return require(name);
    }

    protected final Link createBridge(InterfaceName name) {
        network().apply(new HostAction.CreateBridge(name, BRIDGE_MAC, 9000, ALIAS));
        return require(name);
    }

    protected final void change(Link link, LinkChange change) {
        network().apply(new HostAction.ChangeLink(link.ref(), change));
    }

    protected final Link require(InterfaceName name) {
        return network().link(name).orElseThrow(() -> new AssertionError("no device " + name));
    }

    protected final HostNetworkException assertRefused(Errno errno, String message, HostAction action) {
        return assertThatExceptionOfType(HostNetworkException.class).isThrownBy(() -> network().apply(action))
                .satisfies(e -> assertThat(e.errno()).isEqualTo(errno))
                .withMessageStartingWith(message)
                .actual();
    }

    /** Reads the device until {@code wanted} is true of it; fails after 10 s. */
    protected final Link awaitLink(InterfaceName name, Predicate<Link> wanted) throws InterruptedException {
        Optional<Link> last = Optional.empty();
        for (int attempt = 0; attempt < 1000; attempt++) {
            last = network().link(name);
            if (last.filter(wanted).isPresent()) {
                return last.get();
            }
            Thread.sleep(10);
        }
        throw new AssertionError("never as wanted within 10 s, last seen " + last);
    }
}
