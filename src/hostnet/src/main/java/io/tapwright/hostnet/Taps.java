package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.posix.IfReq;
import io.tapwright.hostnet.protocol.NetlinkSocket;
import io.tapwright.hostnet.protocol.NetlinkSocketPool;
import io.tapwright.hostnet.tun.TapDevice;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostAction;

/** Makes taps. */
final class Taps {

    /** SIOCGIFINDEX of linux/sockios.h. */
    private static final long SIOCGIFINDEX = 0x8933;

    private final NetlinkSocketPool pool;

    Taps(NetlinkSocketPool pool) {
        this.pool = pool;
    }

    /**
     * Everything is set before the tap persists: until then the kernel removes it with our descriptor, whatever
     * happens, and from then on it carries its mark.
     */
    void create(HostAction.CreateTap action) {
        try (TapDevice tap = TapDevice.create(action.device(), action.multiQueue())) {
            tap.setOwner(action.owner());
            if (action.settings().ipv6Off()) {
                DeviceSysctl.DISABLE_IPV6.set(action.device(), true);
            }
            pool.use(socket -> {
                int index = indexOf(action.device(), socket);
                socket.demand(to -> LinkMessage.change(to, index, action.settings()));
                return index;
            });
            tap.persist();
        }
    }

    /** ENODEV where there is no such device. */
    static int indexOf(InterfaceName name, NetlinkSocket socket) {
        IfReq request = new IfReq(name.text());
        socket.fd().control("SIOCGIFINDEX", SIOCGIFINDEX, request);
        return request.index();
    }
}
