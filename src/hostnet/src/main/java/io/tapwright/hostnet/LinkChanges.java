package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.LinkDecoder;
import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.protocol.NetlinkSocket;
import io.tapwright.hostnet.protocol.NetlinkSocketPool;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
            if (change.ipv6Off()) {
                changeWithSwitch(link, change, socket);
            } else {
                write(link, change, socket);
            }
            return link;
        });
    }

    /**
     * A device that is up stays so where the kernel renames it live (since Linux 6.2); older ones refuse with EBUSY, and
     * have it down, renamed and up again in one datagram.
     */
    void rename(LinkRef link, InterfaceName name) {
        pool.use(socket -> {
            try {
                socket.demand(to -> LinkMessage.rename(to, link.index(), name, false));
            } catch (SystemCallException e) {
                if (!e.errno().equals(Errno.EBUSY)) {
                    throw e;
                }
                renameDown(link, name, socket);
            }
            return link;
        });
    }

    /** EBUSY says that it is up. */
    private static void renameDown(LinkRef link, InterfaceName name, NetlinkSocket socket) {
        List<Optional<SystemCallException>> outcomes = socket.request(to -> {
            LinkMessage.change(to, link.index(), LinkChange.NONE.up(false));
            LinkMessage.rename(to, link.index(), name, true);
        });
        outcomes.stream().flatMap(Optional::stream).findFirst().ifPresent(refusal -> {
            tryElse(refusal, () -> socket.demand(to -> LinkMessage.change(to, link.index(), LinkChange.NONE.up(true))));
            throw refusal;
        });
    }

    /** The switch first: a device that is raised before it makes itself an address. */
    private static void changeWithSwitch(LinkRef link, LinkChange change, NetlinkSocket socket) {
        Link before = socket.ask(to -> LinkMessage.get(to, link.index()), LinkDecoder::decode)
                .orElseThrow(() -> new SystemCallException(Errno.ENODEV, ""));
        switchIpv6Off(link, socket);
        if (change.equals(LinkChange.NONE.withIpv6Off())) {
            return;
        }
        try {
            write(link, change, socket);
        } catch (SystemCallException e) {
            if (!before.ipv6Disabled()) {
                tryElse(e, () -> DeviceSysctl.DISABLE_IPV6.set(link.name(), false));
            }
            throw e;
        }
    }

    private static void write(LinkRef link, LinkChange change, NetlinkSocket socket) {
        List<Link> before = new ArrayList<>(1);
        List<Optional<SystemCallException>> outcomes = socket.request(
                to -> {
                    LinkMessage.get(to, link.index());
                    LinkMessage.change(to, link.index(), change);
                },
                message -> LinkDecoder.decode(message).ifPresent(before::add));
        outcomes.getLast().ifPresent(refusal -> {
            before.forEach(was -> tryElse(refusal,
                    () -> socket.demand(to -> LinkMessage.change(to, link.index(), asBefore(was, change)))));
            throw refusal;
        });
    }

    /** It goes by name, the change by index: they must mean the same device. */
    private static void switchIpv6Off(LinkRef link, NetlinkSocket socket) {
        if (Taps.indexOf(link.name(), socket) != link.index()) {
            throw new SystemCallException(Errno.ENODEV, link + " is another device now");
        }
        DeviceSysctl.DISABLE_IPV6.set(link.name(), true);
    }

    /** The members that {@code change} sets, as they were. */
    private static LinkChange asBefore(Link was, LinkChange change) {
        return new LinkChange(
                change.mac().flatMap(set -> was.mac()), change.mtu().map(set -> was.mtu()),
                change.alias().map(set -> was.alias()), change.master().map(set -> was.master()),
                change.up().map(set -> was.up()), false);
    }

    private static void tryElse(SystemCallException cause, Runnable wayBack) {
        try {
            wayBack.run();
        } catch (SystemCallException alsoFailed) {
            cause.addSuppressed(alsoFailed);
        }
    }
}
