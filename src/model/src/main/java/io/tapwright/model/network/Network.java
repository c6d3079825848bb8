package io.tapwright.model.network;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A network: a name with a bridge.
 *
 * @param create    whether the agent makes the bridge where it is missing
 * @param addresses the bridge's own addresses, only for a bridge that the agent makes
 * @param mtu       of a bridge that the agent makes, and so of every tap on it; empty for the kernel's 1500
 * @param uplink    the device that leads out of the host
 * @param userspace whether it has a switch in user space too, which {@link #switchTap} joins to the bridge
 */
public record Network(
        String name, InterfaceName bridge, boolean create, List<IpPrefix> addresses, Optional<Integer> mtu,
        Optional<Uplink> uplink, boolean userspace) {

    /** The network of a NIC that neither its domain nor a rule assigns elsewhere. */
    public static final String DEFAULT = "default";

    /** ETH_DATA_LEN (linux/if_ether.h): what a bridge starts with. */
    public static final int DEFAULT_MTU = 1500;

    /** BR_MAX_PORTS (net/bridge/br_private.h) less the number 0, which is not dealt out; one more is refused with EXFULL. */
    public static final int MOST_PORTS = 1023;

    private static final String SWITCH_TAP_PREFIX = "tw-";

    public Network {
        addresses = List.copyOf(addresses);
    }

    /** One without a switch in user space. */
    public Network(String name, InterfaceName bridge, boolean create, List<IpPrefix> addresses, Optional<Integer> mtu,
            Optional<Uplink> uplink) {
        this(name, bridge, create, addresses, mtu, uplink, false);
    }

    /**
     * The tap between the bridge and the switch in user space: {@code tw-} and the network's name, of a long one its
     * beginning and a hash.
     */
    public InterfaceName switchTap() {
        String plain = SWITCH_TAP_PREFIX + name;
        return new InterfaceName(InterfaceName.fault(plain) == null ? plain : SWITCH_TAP_PREFIX
                + name.codePoints().filter(c -> c < 0x80).limit(5).collect(StringBuilder::new, StringBuilder::appendCodePoint,
                        StringBuilder::append) + "-" + hash(name));
    }

    private static String hash(String name) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 3);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
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
