package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.LinkDecoder;
import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.protocol.NetlinkSocket;
import io.tapwright.hostnet.protocol.NetlinkSocketPool;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkRef;
import java.util.Optional;
import java.util.stream.Stream;

/** Changes devices that exist. */
final class LinkChanges {

    private final NetlinkSocketPool pool;

    LinkChanges(NetlinkSocketPool pool) {
        this.pool = pool;
    }

    /**
     * One write for all of {@code change}. The kernel sets the members one after the other and stops at the first that
     * it refuses, so what was set before that is put back.
     */
    void change(LinkRef link, LinkChange change) {
        pool.use(socket -> {
            Optional<Link> before = members(change) > 1 ? Optional.of(read(link, socket)) : Optional.empty();
            try {
                if (change.ipv6Off()) {
                    switchIpv6Off(link, socket);
                }
                socket.demand(to -> LinkMessage.change(to, link.index(), change));
            } catch (SystemCallException e) {
                before.ifPresent(was -> putBack(was, change, socket, e));
                throw e;
            }
            return link;
        });
    }

    private static Link read(LinkRef link, NetlinkSocket socket) {
        return socket.ask(to -> LinkMessage.get(to, link.index()), LinkDecoder::decode)
                .orElseThrow(() -> new SystemCallException(Errno.ENODEV, ""));
    }

    /** The switch goes by name, the change by index: they must mean the same device. */
    private static void switchIpv6Off(LinkRef link, NetlinkSocket socket) {
        if (Taps.indexOf(link.name(), socket) != link.index()) {
            throw new SystemCallException(Errno.ENODEV, link + " is another device now");
        }
        Ipv6Switch.off(link.name());
    }

    private static void putBack(Link was, LinkChange change, NetlinkSocket socket, SystemCallException cause) {
        try {
            LinkChange undo = new LinkChange(
                    change.mac().flatMap(set -> was.mac()), change.mtu().map(set -> was.mtu()),
                    change.alias().map(set -> was.alias()), change.master().map(set -> was.master()),
                    change.up().map(set -> was.up()), false);
            socket.demand(to -> LinkMessage.change(to, was.index(), undo));
            if (change.ipv6Off() && !was.ipv6Disabled()) {
                Ipv6Switch.on(was.name());
            }
        } catch (SystemCallException alsoFailed) {
            cause.addSuppressed(alsoFailed);
        }
    }

    private static long members(LinkChange change) {
        return Stream.of(change.mac(), change.mtu(), change.alias(), change.master(), change.up())
                .filter(Optional::isPresent).count() + (change.ipv6Off() ? 1 : 0);
    }
}
