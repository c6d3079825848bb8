package io.tapwright.model.plan;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * What every bridge that the agent makes has in common.
 *
 * @param instance the agent's name in its {@link io.tapwright.model.Mark marks}
 * @param hostSeed something that differs between hosts and stays the same on each, such as the machine id
 */
public record BridgePolicy(String instance, String hostSeed) {

    /** No name of a network ends like this. */
    private static final String WITH_ADDRESSES = "+addresses";

    /** A locally administered unicast address (IEEE 802, U/L bit set, I/G bit clear). */
    private static final byte LOCAL_UNICAST = 0x02;

    /** The same address for the same bridge on the same host, for ever: neighbours never have to learn a new one. */
    public MacAddress macOf(InterfaceName bridge) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest((hostSeed + "\n" + instance + "\n" + bridge).getBytes(StandardCharsets.UTF_8));
            byte[] octets = Arrays.copyOf(hash, MacAddress.LENGTH);
            octets[0] = LOCAL_UNICAST;
            return MacAddress.of(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The alternative name ({@code ip link property}) that marks an uplink as attached by us. */
    public String uplinkMark(String network) {
        return "tapwright-" + instance + "-uplink-" + network;
    }

    /** The same for an uplink whose addresses or routes were moved to the bridge, and so have to go back with it. */
    public String uplinkMarkWithAddresses(String network) {
        return uplinkMark(network) + WITH_ADDRESSES;
    }

    /** What the alternative names begin with that record what came with an uplink; no name of a network has a plus sign. */
    String movedPrefix(String network) {
        return "tapwright-" + instance + "-moved-" + network + "+";
    }

    /** The network in what stands behind {@link #uplinkMark} of no name. */
    public static String networkOf(String markedName) {
        return markedName.endsWith(WITH_ADDRESSES)
                ? markedName.substring(0, markedName.length() - WITH_ADDRESSES.length())
                : markedName;
    }
}
