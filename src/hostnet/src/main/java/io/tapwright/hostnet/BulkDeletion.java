package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.LinkDecoder;
import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.protocol.NetlinkSocket;
import io.tapwright.hostnet.protocol.NetlinkSocketPool;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkRef;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Deletes many devices with one request: they are put into a device group (IFLA_GROUP) that no other device is in, and the
 * group is deleted. One by one, each costs an RCU grace period of about 17 ms.
 */
final class BulkDeletion {

    /** Above any number that people give their groups in /etc/iproute2/group; the kernel takes 31 bits. */
    private static final int FIRST_GROUP = 1 << 28;

    /** Requests in one datagram. */
    private static final int CHUNK = 500;

    private final NetlinkSocketPool pool;

    BulkDeletion(NetlinkSocketPool pool) {
        this.pool = pool;
    }

    void delete(List<LinkRef> links) {
        pool.use(socket -> {
            if (links.size() == 1) {
                demand(socket.request(to -> LinkMessage.delete(to, links.getFirst().index())));
            } else {
                deleteTogether(links, socket);
            }
            return links;
        });
    }

    private static void deleteTogether(List<LinkRef> links, NetlinkSocket socket) {
        int group = unusedGroup(socket);
        for (int from = 0; from < links.size(); from += CHUNK) {
            List<LinkRef> chunk = links.subList(from, Math.min(links.size(), from + CHUNK));
            demand(socket.request(to -> chunk.forEach(link -> LinkMessage.setGroup(to, link.index(), group))));
        }
        demand(socket.request(to -> LinkMessage.deleteGroup(to, group)));
    }

    /** Drawn at random from 2^31 less a few, so that nobody takes it between this look and the deletion. */
    private static int unusedGroup(NetlinkSocket socket) {
        Set<Integer> used = new HashSet<>();
        socket.dump(LinkMessage::dump, LinkDecoder::decode).stream().map(Link::group).forEach(used::add);
        int group;
        do {
            group = ThreadLocalRandom.current().nextInt(FIRST_GROUP, Integer.MAX_VALUE);
        } while (used.contains(group));
        return group;
    }

    /** A device that is gone is as wanted, and so is a group in which none is left. */
    private static void demand(List<Optional<SystemCallException>> outcomes) {
        outcomes.stream().flatMap(Optional::stream).filter(refusal -> !refusal.errno().equals(Errno.ENODEV)).findFirst()
                .ifPresent(refusal -> {
                    throw refusal;
                });
    }
}
