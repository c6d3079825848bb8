package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.hostnet.protocol.NetlinkSocket;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import java.util.Optional;

/**
 * Has the kernel tell all neighbours on a device where its IP addresses are now, by gratuitous ARP and unsolicited
 * neighbour advertisements: they would go on sending to the link address that they remember, an IPv6 neighbour for some
 * eight seconds. The kernel does so when a device's link address is set, even to what it is, and the device's
 * {@code arp_notify} and {@code ndisc_notify} are on. A courtesy: where it fails, they find out by themselves.
 */
final class Announcement {

    private Announcement() {
    }

    static void make(Link device, NetlinkSocket socket) {
        Optional<String> arp = DeviceSysctl.ARP_NOTIFY.value(device.name());
        Optional<String> ndisc = DeviceSysctl.NDISC_NOTIFY.value(device.name());
        try {
            DeviceSysctl.ARP_NOTIFY.set(device.name(), true);
            DeviceSysctl.NDISC_NOTIFY.set(device.name(), true);
            device.mac().ifPresent(mac -> socket.demand(
                    to -> LinkMessage.change(to, device.index(), LinkChange.NONE.mac(mac))));
        } catch (SystemCallException notAnnounced) {
            // Some drivers do not let a link address be set while the device is up.
        } finally {
            arp.ifPresent(value -> DeviceSysctl.ARP_NOTIFY.set(device.name(), value));
            ndisc.ifPresent(value -> DeviceSysctl.NDISC_NOTIFY.set(device.name(), value));
        }
    }
}
