package io.tapwright.model.host;

import io.tapwright.model.IpPrefix;
import java.net.InetAddress;
import java.util.Optional;

/**
 * A unicast route through one device, as RTM_NEWROUTE describes it (linux/rtnetlink.h).
 *
 * @param destination network, /0 for the default route
 * @param gateway     next hop, empty for a route on the link
 * @param source      preferred source address
 * @param table       RTA_TABLE
 * @param protocol    RTPROT_*: 2 is the kernel's own, made with the address and gone with it
 * @param scope       RT_SCOPE_*
 * @param metric      RTA_PRIORITY, 0 for none
 * @param onLink      RTNH_F_ONLINK
 */
public record Route(
        IpPrefix destination, Optional<InetAddress> gateway, Optional<InetAddress> source,
        int table, int protocol, int scope, long metric, boolean onLink) {

    /** RTPROT_KERNEL. */
    public static final int PROTOCOL_KERNEL = 2;

    public boolean isKernelMade() {
        return protocol == PROTOCOL_KERNEL;
    }

    @Override
    public String toString() {
        return destination + gateway.map(g -> " via " + g.getHostAddress()).orElse("");
    }
}
