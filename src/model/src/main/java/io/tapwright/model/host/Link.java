package io.tapwright.model.host;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.Mark;
import java.util.List;
import java.util.Optional;

/**
 * A network device as one RTM_NEWLINK message describes it (linux/if_link.h).
 *
 * @param index        {@code ifi_index}, unique within the namespace until the device goes
 * @param kind         IFLA_INFO_KIND: {@code tun}, {@code bridge}, {@code veth}, …; empty for hardware
 * @param mac          IFLA_ADDRESS; empty where the device has none of six octets
 * @param mtu          IFLA_MTU in bytes
 * @param up           IFF_UP: set up by an administrator
 * @param carrier      IFLA_CARRIER: for a tap, some process holds it open
 * @param master       IFLA_MASTER: index of the bridge it is a port of, 0 for none
 * @param lower        IFLA_LINK: index of the device it stands on, as a VLAN does (or of a veth's peer), in this namespace;
 *                     0 for none
 * @param alias        IFLA_IFALIAS, empty for none
 * @param group        IFLA_GROUP
 * @param altNames     IFLA_ALT_IFNAME
 * @param ipv6Disabled the device's {@code disable_ipv6} (IFLA_INET6_CONF), true also where the kernel has no IPv6 for it
 * @param tun          what IFLA_INFO_DATA says of a tun device
 * @param port         what IFLA_INFO_SLAVE_DATA says of a bridge port
 * @param counters     IFLA_STATS64; empty where the read left them out
 */
public record Link(
        int index,
        InterfaceName name,
        String kind,
        Optional<MacAddress> mac,
        int mtu,
        boolean up,
        boolean carrier,
        int master,
        int lower,
        String alias,
        int group,
        List<String> altNames,
        boolean ipv6Disabled,
        Optional<Tun> tun,
        Optional<BridgePort> port,
        Optional<Counters> counters) {

    public static final String TUN = "tun";
    public static final String BRIDGE = "bridge";

    /** No master. */
    public static final int NO_MASTER = 0;

    public Link {
        altNames = List.copyOf(altNames);
    }

    public LinkRef ref() {
        return new LinkRef(index, name);
    }

    /** By its name or an alternative one: the kernel finds a device by each of them. */
    public boolean isNamed(InterfaceName other) {
        return name.equals(other) || altNames.contains(other.text());
    }

    public boolean isBridge() {
        return kind.equals(BRIDGE);
    }

    /** A tun device in tap mode, whoever made it. */
    public boolean isTap() {
        return tun.isPresent() && tun.get().tap();
    }

    public Optional<Mark> mark() {
        return Mark.parse(alias);
    }

    /**
     * A tun device's own attributes (IFLA_TUN_* in linux/if_link.h, since Linux 4.20).
     *
     * @param tap         IFF_TAP rather than IFF_TUN
     * @param multiQueue  IFF_MULTI_QUEUE: fixed at creation
     * @param vnetHdr     IFF_VNET_HDR: whoever opens the device sets it anew
     * @param persistent  outlives the process that made it
     * @param owner       uid that may open it, -1 for none set
     * @param group       gid that may open it, -1 for none set
     * @param queues      queues that are open; known for multi-queue devices only, else -1
     */
    public record Tun(boolean tap, boolean multiQueue, boolean vnetHdr, boolean persistent, int owner, int group, int queues) {
    }

    /**
     * A bridge port's own attributes (IFLA_BRPORT_* in linux/if_link.h).
     *
     * @param state BR_STATE_* of linux/if_bridge.h
     */
    public record BridgePort(State state) {

        /** BR_STATE_*, in the kernel's order. */
        public enum State { DISABLED, LISTENING, LEARNING, FORWARDING, BLOCKING }
    }

    /** {@code struct rtnl_link_stats64}, seen from the host: what a tap receives is what its guest sent. */
    public record Counters(
            long receivedPackets, long sentPackets, long receivedBytes, long sentBytes,
            long receiveErrors, long sendErrors, long receiveDrops, long sendDrops) {
    }
}
