package io.tapwright.model.network;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import java.util.List;
import java.util.Optional;

/**
 * A network: a name with a bridge.
 *
 * @param create    whether the agent makes the bridge where it is missing
 * @param addresses the bridge's own addresses, only for a bridge that the agent makes
 * @param mtu       of a bridge that the agent makes, and so of every tap on it; empty for the kernel's 1500
 * @param uplink    the device that leads out of the host
 */
public record Network(
        String name, InterfaceName bridge, boolean create, List<IpPrefix> addresses, Optional<Integer> mtu,
        Optional<Uplink> uplink) {

    /** The network of a NIC that neither its domain nor a rule assigns elsewhere. */
    public static final String DEFAULT = "default";

    /** ETH_DATA_LEN (linux/if_ether.h): what a bridge starts with. */
    public static final int DEFAULT_MTU = 1500;

    /** BR_MAX_PORTS (net/bridge/br_private.h) less the number 0, which is not dealt out; one more is refused with EXFULL. */
    public static final int MOST_PORTS = 1023;

    public Network {
        addresses = List.copyOf(addresses);
    }

    public static Network of(String name, String bridge) {
        return new Network(name, new InterfaceName(bridge), false, List.of(), Optional.empty(), Optional.empty());
    }

    /**
     * A device that becomes a port of the bridge.
     *
     * @param moveAddresses move its addresses and routes to the bridge; where false, a device that carries addresses is
     *                      refused, since they would be dead on a bridge's port
     */
    public record Uplink(InterfaceName device, boolean moveAddresses) {
    }
}
