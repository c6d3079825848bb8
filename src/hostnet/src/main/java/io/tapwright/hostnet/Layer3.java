package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.AddressMessage;
import io.tapwright.hostnet.netlink.RouteMessage;
import io.tapwright.hostnet.netlink.Rtnetlink;
import io.tapwright.hostnet.protocol.NetlinkSocket;
import io.tapwright.hostnet.protocol.NetlinkSocketPool;
import io.tapwright.model.host.LinkRef;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the addresses and routes of a device, with all the kernel says of them. */
final class Layer3 {

    private static final int[] FAMILIES = {Rtnetlink.AF_INET, Rtnetlink.AF_INET6};

    private final NetlinkSocketPool pool;

    Layer3(NetlinkSocketPool pool) {
        this.pool = pool;
    }

    /** In the kernel's order: of several IPv4 addresses of one network the first is the primary one. */
    List<AddressMessage.Carried> addresses(LinkRef link) {
        List<AddressMessage.Carried> all = new ArrayList<>();
        for (int family : FAMILIES) {
            all.addAll(pool.use(socket -> socket.dump(
                    to -> AddressMessage.dump(to, family, link.index()),
                    message -> AddressMessage.isAbout(message, family, link.index())
                            ? Optional.of(AddressMessage.decode(message, link)) : Optional.empty())));
        }
        return all;
    }

    List<RouteMessage.Carried> routes(LinkRef link) {
        List<RouteMessage.Carried> all = new ArrayList<>();
        for (int family : FAMILIES) {
            all.addAll(pool.use(socket -> socket.dump(
                    to -> RouteMessage.dump(to, family, link.index()),
                    message -> RouteMessage.decode(message, family, link))));
        }
        return all;
    }

    /** The IPv6 addresses for which the kernel takes packets on a device: it has made them a route of type local. */
    static Set<InetAddress> ownIpv6(LinkRef link, NetlinkSocket socket) {
        return Set.copyOf(socket.dump(
                to -> RouteMessage.dump(to, Rtnetlink.AF_INET6, link.index()),
                message -> RouteMessage.localAddress(message, Rtnetlink.AF_INET6, link)));
    }
}
