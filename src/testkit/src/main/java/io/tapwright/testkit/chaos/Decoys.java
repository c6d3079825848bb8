package io.tapwright.testkit.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Other people's devices: a bridge with ports, taps, one with another agent's mark. Nobody may touch them. */
final class Decoys {

    static final String BRIDGE = "fbr0";
    static final String UPLINK_PEER = "up0-peer";
    /** A port of the bridge {@code br-ext}, while there is one. */
    static final String PORT = "fv2";
    /** Names of decoys that a NIC may ask for. */
    static final Set<String> NAMES = Set.of(BRIDGE, "fv0", "fv1", "ftap0", "ftap1", "ftap2");

    static final String MAKE_UPLINK = "ip link add up0 type veth peer name up0-peer && ip link set up0-peer up";
    /** With an MTU that was changed, a bridge keeps it whatever joins it; setting the one it has changes nothing. */
    static final String MAKE_EXT = "ip link add br-ext type bridge && ip link set br-ext mtu 1499 up && ip link set br-ext mtu 1500 && ip link set fv2 master br-ext";

    private static final String MAKE = """
            set -e
            ip link add fbr0 type bridge
            ip link set fbr0 address 02:00:00:00:0f:01 mtu 1499 up
            ip link set fbr0 mtu 1500
            ip link add fv0 type veth peer name fv1
            ip link set fv0 master fbr0 up
            ip link set fv1 up alias 'not yours'
            ip tuntap add ftap0 mode tap
            ip tuntap add ftap1 mode tap multi_queue
            ip link set ftap1 master fbr0 mtu 1400 up
            ip tuntap add ftap2 mode tap
            ip link set ftap2 alias 'tapwright:other tap uuid=11111111-2222-4333-8444-555555555555 mac=52:54:00:ff:ff:01 domain=theirs'
            ip link add fv2 type veth peer name fv3
            ip link set fv3 up
            ip link set fv2 up
            set +e
            """;

    private Decoys() {
    }

    /** Makes them, the foreign network's bridge and the uplink. */
    static void make(LabShell shell) {
        shell.run(MAKE + MAKE_UPLINK + "\n" + MAKE_EXT).orThrow();
    }

    /** How they are now; for {@link #PORT}, which the chaos itself moves, no more than that it is there. */
    static Map<String, String> fingerprints(LabShell shell) {
        Map<String, JsonNode> links = Observation.in(shell).links();
        Map<String, String> prints = new TreeMap<>();
        links.forEach((name, link) -> {
            if (name.startsWith("f") || name.equals("lo")) {
                prints.put(name, Observation.fingerprint(link));
            }
        });
        prints.remove(PORT);
        return prints;
    }
}
