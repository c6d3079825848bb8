package io.tapwright.testkit.net;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import io.tapwright.model.host.TapOwner;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One device of a {@link FakeKernel}, which owns it and guards it with its lock. */
final class FakeDevice {

    /** RT_TABLE_MAIN and RT_SCOPE_LINK of linux/rtnetlink.h: where the kernel puts the route of a network on the link. */
    private static final int MAIN_TABLE = 254;
    private static final int SCOPE_LINK = 253;
    /** IP6_RT_PRIO_ADDRCONF of net/ip6_route.h. */
    private static final long IPV6_PREFIX_METRIC = 256;

    final int index;
    InterfaceName name;
    final String kind;
    final List<String> altNames = new ArrayList<>();
    final List<Address> addresses = new ArrayList<>();
    final List<Route> routes = new ArrayList<>();
    Optional<MacAddress> mac = Optional.empty();
    int mtu = 1500;
    boolean up;
    int master = Link.NO_MASTER;
    int lower;
    String alias = "";
    boolean ipv6Off;
    Link.Counters counters = new Link.Counters(0, 0, 0, 0, 0, 0, 0, 0);

    private final Optional<Tap> tap;
    private int holders;

    private record Tap(boolean multiQueue, TapOwner owner) {
    }

    private FakeDevice(int index, InterfaceName name, String kind, Optional<Tap> tap) {
        this.index = index;
        this.name = name;
        this.kind = kind;
        this.tap = tap;
    }

    static FakeDevice tap(int index, InterfaceName name, boolean multiQueue, TapOwner owner) {
        return new FakeDevice(index, name, Link.TUN, Optional.of(new Tap(multiQueue, owner)));
    }

    static FakeDevice other(int index, InterfaceName name, String kind) {
        return new FakeDevice(index, name, kind, Optional.empty());
    }

    LinkRef ref() {
        return new LinkRef(index, name);
    }

    boolean isBridge() {
        return kind.equals(Link.BRIDGE);
    }

    boolean isTap() {
        return tap.isPresent();
    }

    boolean isNamed(String text) {
        return name.text().equals(text) || altNames.contains(text);
    }

    void hold() {
        holders++;
    }

    void release() {
        holders--;
    }

    /** A tap has a carrier while somebody holds it open, a bridge is asked for by its ports, all else has a peer. */
    boolean hasOwnCarrier() {
        return tap.isEmpty() || holders > 0;
    }

    /** The routes that were added, and those the kernel makes for the networks of the addresses while it is up. */
    List<Route> allRoutes() {
        List<Route> all = new ArrayList<>();
        if (up) {
            addresses.stream().filter(FakeDevice::hasNetwork).map(FakeDevice::networkRoute).distinct().forEach(all::add);
        }
        all.addAll(routes);
        return all;
    }

    Link snapshot(boolean carrier, Optional<Link.BridgePort> port, boolean withCounters) {
        return new Link(index, name, kind, mac, mtu, up, carrier, master, lower, alias, 0, altNames, ipv6Off,
                tap.map(t -> new Link.Tun(true, t.multiQueue, true, true, t.owner.uid(), t.owner.gid(),
                        t.multiQueue ? holders : -1)),
                port, withCounters ? Optional.of(counters) : Optional.empty());
    }

    private static boolean hasNetwork(Address address) {
        return address.prefix().length() < address.prefix().address().getAddress().length * 8;
    }

    private static Route networkRoute(Address address) {
        boolean ipv6 = address.prefix().isIpv6();
        return new Route(Prefixes.network(address.prefix()), Optional.empty(),
                ipv6 ? Optional.empty() : Optional.of(address.prefix().address()),
                MAIN_TABLE, Route.PROTOCOL_KERNEL, ipv6 ? 0 : SCOPE_LINK, ipv6 ? IPV6_PREFIX_METRIC : 0, false);
    }
}
