package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.AddressMessage;
import io.tapwright.hostnet.netlink.RouteMessage;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.protocol.NetlinkSocket;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Addresses and routes on their way from one device to another: first {@link #addAddresses}, then {@link #changeOver}.
 * IPv6 addresses arrive without a new search for duplicates, which would silence them for a
 * second. What the kernel made itself stays, it makes it anew.
 *
 * @param addresses in the kernel's order: of several IPv4 ones of a network the first is the primary, and takes the
 *                  others with it when it goes
 */
record Layer3Move(LinkRef from, LinkRef to, List<AddressMessage.Carried> addresses, List<RouteMessage.Carried> routes) {

    private static final Errno ESRCH = new Errno(3);
    /** How long the kernel may take until it listens to a new IPv6 address, which it does in the background. */
    private static final Duration SETTLING = Duration.ofMillis(500);
    private static final Duration SETTLING_PAUSE = Duration.ofMillis(1);

    /**
     * What is wanted as the kernel has it on {@code from} now; what is gone meanwhile, as the caller knows it.
     *
     * @throws SystemCallException EOPNOTSUPP for a route that other devices share
     */
    static Layer3Move of(List<Address> addresses, List<Route> routes, LinkRef from, LinkRef to, Layer3 layer3) {
        return new Layer3Move(from, to, carriedAddresses(addresses, from, layer3), carriedRoutes(routes, from, layer3));
    }

    void addAddresses(Transaction steps) {
        for (AddressMessage.Carried address : addresses) {
            steps.add(out -> AddressMessage.add(out, to, address), out -> AddressMessage.remove(out, to, address), Errno.EEXIST);
        }
    }

    /** Waits until the kernel takes packets for the new IPv6 addresses; where it never does, the change goes on. */
    void awaitSettled(NetlinkSocket socket) {
        Set<InetAddress> awaited = addresses.stream().map(carried -> carried.address().prefix())
                .filter(IpPrefix::isIpv6).map(IpPrefix::address).collect(Collectors.toSet());
        long end = System.nanoTime() + SETTLING.toNanos();
        while (!awaited.isEmpty() && !Layer3.ownIpv6(to, socket).containsAll(awaited) && System.nanoTime() < end) {
            LockSupport.parkNanos(SETTLING_PAUSE.toNanos());
        }
    }

    void changeOver(Transaction steps) {
        for (RouteMessage.Carried route : routes) {
            steps.add(out -> RouteMessage.add(out, to, route), out -> RouteMessage.remove(out, to, route), Errno.EEXIST);
        }
        for (RouteMessage.Carried route : routes) {
            steps.add(out -> RouteMessage.remove(out, from, route), out -> RouteMessage.add(out, from, route),
                    ESRCH, Errno.ENODEV);
        }
        for (AddressMessage.Carried address : addresses.reversed()) {
            steps.add(out -> AddressMessage.remove(out, from, address), out -> AddressMessage.add(out, from, address),
                    Errno.EADDRNOTAVAIL, Errno.ENODEV);
        }
    }

    private static List<AddressMessage.Carried> carriedAddresses(List<Address> wanted, LinkRef from, Layer3 layer3) {
        List<Address> own = wanted.stream().filter(address -> !address.isKernelMade()).toList();
        if (own.isEmpty()) {
            return List.of();
        }
        List<AddressMessage.Carried> present = presentOn(() -> layer3.addresses(from));
        return own.stream().map(address -> present.stream()
                .filter(carried -> carried.address().prefix().equals(address.prefix())).findFirst()
                .orElseGet(() -> AddressMessage.carry(address, from))).toList();
    }

    private static List<RouteMessage.Carried> carriedRoutes(List<Route> wanted, LinkRef from, Layer3 layer3) {
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
}
