package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.LinkDecoder;
import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.protocol.NetlinkSocketPool;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkRef;

/**
 * Makes a device the uplink of a bridge and back, with its addresses and routes, in two datagrams, each of which the
 * kernel carries out within one system call. The first adds the addresses on the other device, where they do no harm
 * yet. The second changes over: port, routes, and the addresses here are removed. Killed at any moment, the process
 * leaves a host that can be reached. What the kernel would refuse is looked for beforehand, since the rest of a datagram
 * would be tried nevertheless.
 */
final class Uplinks {

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
        Layer3Move move = Layer3Move.of(action.addresses(), action.routes(), uplink, action.bridge(), layer3);
        pool.use(socket -> {
            Transaction.run(socket, steps -> {
                for (String name : action.altNames().stream().filter(n -> !device.altNames().contains(n)).toList()) {
                    steps.add(to -> LinkMessage.addAltName(to, uplink.index(), name),
                            to -> LinkMessage.removeAltName(to, uplink.index(), name));
                }
                move.addAddresses(steps);
                steps.commit();
                move.awaitSettled(socket);
                steps.add(to -> LinkMessage.change(to, uplink.index(), LinkChange.NONE.master(bridge.index())),
                        to -> LinkMessage.change(to, uplink.index(), LinkChange.NONE.master(device.master())));
                move.changeOver(steps);
            });
            return move;
        });
    }

    /** Frames to the bridge's link address get lost on the uplink, so that neighbours have to be told. */
    void detach(HostAction.DetachUplink action) {
        LinkRef uplink = action.uplink();
        int bridge = action.bridge().index();
        Link device = require(uplink);
        Layer3Move move = Layer3Move.of(action.addresses(), action.routes(), action.bridge(), uplink, layer3);
        pool.use(socket -> {
            Transaction.run(socket, steps -> {
                move.addAddresses(steps);
                steps.commit();
                move.awaitSettled(socket);
                if (device.master() == bridge) {
                    steps.add(to -> LinkMessage.change(to, uplink.index(), LinkChange.NONE.master(Link.NO_MASTER)),
                            to -> LinkMessage.change(to, uplink.index(), LinkChange.NONE.master(bridge)));
                }
                move.changeOver(steps);
                for (String name : action.altNames().stream().filter(device.altNames()::contains).toList()) {
                    steps.add(to -> LinkMessage.removeAltName(to, uplink.index(), name),
                            to -> LinkMessage.addAltName(to, uplink.index(), name));
                }
            });
            if (!move.addresses().isEmpty()) {
                Announcement.make(device, socket);
            }
            return move;
        });
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

    private Link require(LinkRef link) {
        try {
            return pool.use(socket -> socket.ask(to -> LinkMessage.get(to, link.index()), LinkDecoder::decode))
                    .orElseThrow(() -> new SystemCallException(Errno.ENODEV, link + " has a name that is none"));
        } catch (SystemCallException e) {
            throw e.errno().equals(Errno.ENODEV) ? new SystemCallException(Errno.ENODEV, link + " is gone") : e;
        }
    }
}
