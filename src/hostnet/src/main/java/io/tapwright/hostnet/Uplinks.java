package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.AddressMessage;
import io.tapwright.hostnet.netlink.LinkDecoder;
import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.netlink.RouteMessage;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.protocol.NetlinkSocketPool;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import java.util.List;
import java.util.function.Supplier;

/**
 * Makes a device the uplink of a bridge and back, with its addresses and routes. All changes go in one datagram, which
 * the kernel carries out within one system call: the host is never left without its address because the agent was
 * killed. What the kernel would refuse is looked for beforehand, since the rest would be tried nevertheless.
 *
 * <p>An address is first added there, then removed here, and routes change over in between, so there is no moment
 * without them. IPv6 addresses arrive without a new search for duplicates, which would silence them for a second.
 */
final class Uplinks {

    private static final Errno ESRCH = new Errno(3);

    private final NetlinkSocketPool pool;
    private final Layer3 layer3;

    Uplinks(NetlinkSocketPool pool, Layer3 layer3) {
        this.pool = pool;
        this.layer3 = layer3;
    }

    void attach(HostAction.AttachUplink action) {
        LinkRef uplink = action.uplink();
        Link device = require(uplink);
        Link bridge = require(action.bridge());
        checkAttachable(device, bridge, action);
        Transaction steps = new Transaction();
        if (!device.altNames().contains(action.altName())) {
            steps.add(to -> LinkMessage.addAltName(to, uplink.index(), action.altName()),
                    to -> LinkMessage.removeAltName(to, uplink.index(), action.altName()));
        }
        steps.add(to -> LinkMessage.change(to, uplink.index(), LinkChange.NONE.master(bridge.index())),
                to -> LinkMessage.change(to, uplink.index(), LinkChange.NONE.master(device.master())));
        move(action.addresses(), action.routes(), uplink, action.bridge(), steps);
        run(steps);
    }

    void detach(HostAction.DetachUplink action) {
        LinkRef uplink = action.uplink();
        Link device = require(uplink);
        Transaction steps = new Transaction();
        if (device.master() == action.bridge().index()) {
            steps.add(to -> LinkMessage.change(to, uplink.index(), LinkChange.NONE.master(Link.NO_MASTER)),
                    to -> LinkMessage.change(to, uplink.index(), LinkChange.NONE.master(action.bridge().index())));
        }
        move(action.addresses(), action.routes(), action.bridge(), uplink, steps);
        if (device.altNames().contains(action.altName())) {
            steps.add(to -> LinkMessage.removeAltName(to, uplink.index(), action.altName()),
                    to -> LinkMessage.addAltName(to, uplink.index(), action.altName()));
        }
        run(steps);
    }

    private static void checkAttachable(Link device, Link bridge, HostAction.AttachUplink action) {
        if (!bridge.isBridge()) {
            throw new SystemCallException(Errno.EINVAL, bridge.name() + " is no bridge");
        }
        if (device.isBridge()) {
            throw new SystemCallException(Errno.ELOOP, "a bridge can't be a port of a bridge");
        }
        if (device.master() != Link.NO_MASTER && device.master() != bridge.index()) {
            throw new SystemCallException(Errno.EBUSY, "it is a port of the device with index " + device.master());
        }
        if (!action.routes().isEmpty() && !bridge.up()) {
            throw new SystemCallException(Errno.ENETDOWN, "no route can lead through " + bridge.name() + " while it is down");
        }
    }

    /** Moves in an order that leaves no gap; removals go backwards, secondary addresses before their primary one. */
    private void move(List<Address> addresses, List<Route> routes, LinkRef from, LinkRef to, Transaction steps) {
        List<AddressMessage.Carried> movedAddresses = carriedAddresses(addresses, from);
        List<RouteMessage.Carried> movedRoutes = carriedRoutes(routes, from);
        for (AddressMessage.Carried address : movedAddresses) {
            steps.add(out -> AddressMessage.add(out, to, address), out -> AddressMessage.remove(out, to, address), Errno.EEXIST);
        }
        for (RouteMessage.Carried route : movedRoutes) {
            steps.add(out -> RouteMessage.add(out, to, route), out -> RouteMessage.remove(out, to, route), Errno.EEXIST);
        }
        for (RouteMessage.Carried route : movedRoutes) {
            steps.add(out -> RouteMessage.remove(out, from, route), out -> RouteMessage.add(out, from, route),
                    ESRCH, Errno.ENODEV);
        }
        for (AddressMessage.Carried address : movedAddresses.reversed()) {
            steps.add(out -> AddressMessage.remove(out, from, address), out -> AddressMessage.add(out, from, address),
                    Errno.EADDRNOTAVAIL, Errno.ENODEV);
        }
    }

    /** As the kernel has them on the device now; one that is gone meanwhile, as the action says. */
    private List<AddressMessage.Carried> carriedAddresses(List<Address> wanted, LinkRef from) {
        List<Address> own = wanted.stream().filter(address -> !address.isKernelMade()).toList();
        if (own.isEmpty()) {
            return List.of();
        }
        List<AddressMessage.Carried> present = presentOn(() -> layer3.addresses(from));
        return own.stream().map(address -> present.stream()
                .filter(carried -> carried.address().prefix().equals(address.prefix())).findFirst()
                .orElseGet(() -> AddressMessage.carry(address, from))).toList();
    }

    private List<RouteMessage.Carried> carriedRoutes(List<Route> wanted, LinkRef from) {
        List<Route> own = wanted.stream().filter(route -> !route.isKernelMade()).toList();
        if (own.isEmpty()) {
            return List.of();
        }
        List<RouteMessage.Carried> present = presentOn(() -> layer3.routes(from));
        List<RouteMessage.Carried> moved = own.stream().map(route -> present.stream()
                .filter(carried -> carried.route().equals(route)).findFirst()
                .orElseGet(() -> RouteMessage.carry(route))).toList();
        moved.stream().filter(RouteMessage.Carried::shared).findFirst().ifPresent(route -> {
            throw new SystemCallException(Errno.EOPNOTSUPP, "route " + route.route()
                    + " leads through several devices or a next hop object and can't be moved; remove it first");
        });
        return moved;
    }

    /** Nothing where the device is gone: its addresses and routes went with it. */
    private static <T> List<T> presentOn(Supplier<List<T>> read) {
        try {
            return read.get();
        } catch (SystemCallException e) {
            if (e.errno().equals(Errno.ENODEV)) {
                return List.of();
            }
            throw e;
        }
    }

    private Link require(LinkRef link) {
        try {
            return pool.use(socket -> socket.ask(to -> LinkMessage.get(to, link.index()), LinkDecoder::decode))
                    .orElseThrow(() -> new SystemCallException(Errno.ENODEV, link + " has a name that is none"));
        } catch (SystemCallException e) {
            throw e.errno().equals(Errno.ENODEV) ? new SystemCallException(Errno.ENODEV, link + " is gone") : e;
        }
    }

    private void run(Transaction steps) {
        pool.use(socket -> {
            steps.run(socket);
            return steps;
        });
    }
}
