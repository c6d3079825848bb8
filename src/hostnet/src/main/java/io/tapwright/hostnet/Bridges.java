package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.protocol.NetlinkSocketPool;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.network.Network;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Makes bridges. */
final class Bridges {

    /**
     * Far above the numbers that the kernel deals out one by one. Mark and state are set in the same datagram as the
     * bridge is made, and the kernel tries that even where the bridge could not be made: the index, which nothing else
     * has, is what keeps it from hitting somebody else's device of the same name.
     */
    private static final int FIRST_INDEX = 1 << 28;
    private static final int LAST_INDEX = 1 << 30;

    private final NetlinkSocketPool pool;

    Bridges(NetlinkSocketPool pool) {
        this.pool = pool;
    }

    /** One system call makes, marks and raises it, so that nothing can come between. */
    void create(HostAction.CreateBridge bridge) {
        int index = ThreadLocalRandom.current().nextInt(FIRST_INDEX, LAST_INDEX);
        // An MTU that was changed after the making holds (BROPT_MTU_SET_BY_USER); else the first port with a smaller one
        // lowers the bridge's. dev_set_mtu does not tell the bridge of one that it has already.
        LinkChange other = LinkChange.NONE.mtu(Network.DEFAULT_MTU - 1);
        LinkChange settings = LinkChange.NONE.mtu(bridge.mtu()).alias(bridge.alias()).up(true);
        pool.use(socket -> {
            List<Optional<SystemCallException>> outcomes = socket.request(to -> {
                LinkMessage.createBridge(to, index, bridge);
                if (bridge.mtu() == Network.DEFAULT_MTU) {
                    LinkMessage.change(to, index, other);
                }
                LinkMessage.change(to, index, settings);
            });
            boolean made = outcomes.getFirst().isEmpty();
            Optional<SystemCallException> failure = outcomes.stream().flatMap(Optional::stream).findFirst();
            if (failure.isPresent()) {
                if (made) {
                    socket.request(to -> LinkMessage.delete(to, index));
                }
                throw failure.get();
            }
            return index;
        });
    }
}
