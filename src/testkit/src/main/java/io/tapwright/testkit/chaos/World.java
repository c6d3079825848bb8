package io.tapwright.testkit.chaos;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The oracle: what was done, and so what should be. The thread that does things owns it.
 *
 * <p>The rules, in full. A NIC of the running machine has its tap on its network's bridge, up unless the XML has its link
 * down; a NIC that only the definition has, has its tap on no bridge, and down. The tap has the bridge's MTU, the NIC's
 * address with fe in front, IPv6 off, and the mark. A NIC of an unknown network, or whose name belongs to somebody else,
 * has none. Where the bridge is gone, the tap waits on no bridge.
 */
final class World {

    /** The configured networks; {@code ext} is somebody else's bridge. */
    static final String CONFIGURATION = """
            tapwright:
              libvirt: { uri: "%s" }
              resync-interval: 2s
              reaper-grace: 1s
              networks:
                default: { bridge: br-def, create: true, address: [10.10.0.1/24, "fd00:10::1/64"] }
                blue: { bridge: br-blue, create: true, address: [10.20.0.1/24], uplink: { device: up0 } }
                green: { bridge: br-green, create: true, mtu: 9000 }
                ext: { bridge: br-ext }
              rules:
                - { domain: "ruled-*", network: green }
            """;

    static final String UPLINK = "up0";
    static final String UPLINK_BRIDGE = "br-blue";

    final Map<String, ModelDomain> domains = new LinkedHashMap<>();
    final Map<String, Bridge> networks = new LinkedHashMap<>();
    boolean uplinkPresent = true;
    /** The address that each bridge of ours was first seen with, and has to keep. */
    final Map<String, String> bridgeMacs = new HashMap<>();
    private final Driver driver;
    private final Set<String> foreign;

    /** @param foreign devices that are somebody else's, which a NIC may ask for in vain */
    World(Driver driver, Set<String> foreign) {
        this.driver = driver;
        this.foreign = Set.copyOf(foreign);
        network("default", "br-def", true, 0, Set.of("10.10.0.1/24", "fd00:10::1/64"));
        network("blue", "br-blue", true, 0, Set.of("10.20.0.1/24"));
        network("green", "br-green", true, 9000, Set.of());
        network("ext", "br-ext", false, 0, Set.of());
    }

    private void network(String name, String bridge, boolean kept, int mtu, Set<String> addresses) {
        networks.put(name, new Bridge(name, bridge, kept, mtu, addresses));
    }

    /** @param up empty where either is right */
    record Tap(String name, String master, Optional<Boolean> up, int mtu, String mac, String alias, boolean multiQueue) {
    }

    /** @param network null where the agent finds none */
    record Nic(String domain, String mac, String tap, String network, String state) {
    }

    /** @param taps by name */
    record Wanted(Map<String, Tap> taps, List<Nic> nics) {
    }

    Wanted wanted() {
        Map<String, Tap> taps = new TreeMap<>();
        List<Nic> nics = new ArrayList<>();
        for (ModelDomain domain : domains.values()) {
            domain.live.ifPresent(form -> form.nics().forEach(nic -> one(domain, nic, true, taps, nics)));
            domain.config.ifPresent(form -> form.nics().stream()
                    .filter(nic -> domain.live.flatMap(l -> l.nic(nic.mac())).isEmpty())
                    .forEach(nic -> one(domain, nic, false, taps, nics)));
        }
        return new Wanted(taps, nics);
    }

    private void one(ModelDomain domain, NicForm nic, boolean running, Map<String, Tap> taps, List<Nic> nics) {
        String name = nic.network().orElse(domain.name.startsWith("ruled-") ? "green" : "default");
        Bridge bridge = networks.get(name);
        if (bridge == null) {
            nics.add(new Nic(domain.uuid, nic.mac(), nic.target(), null, "failed"));
            return;
        }
        if (foreign.contains(nic.target())) {
            nics.add(new Nic(domain.uuid, nic.mac(), nic.target(), name, "failed"));
            return;
        }
        boolean attached = running && bridge.present;
        boolean raised = running && nic.linkUp();
        taps.put(nic.target(), new Tap(nic.target(), attached ? bridge.name : "",
                bridge.present || !raised ? Optional.of(raised) : Optional.empty(), bridge.present ? bridge.mtu : 0,
                "fe" + nic.mac().substring(2),
                "tapwright:host tap uuid=" + domain.uuid + " mac=" + nic.mac() + " domain=" + domain.name, nic.queues() > 1));
        nics.add(new Nic(domain.uuid, nic.mac(), nic.target(), name, stateOf(domain, nic, bridge, running)));
    }

    private String stateOf(ModelDomain domain, NicForm nic, Bridge bridge, boolean running) {
        if (!bridge.present) {
            return "failed";
        }
        if (!running || !nic.linkUp()) {
            return "ready";
        }
        if (!bridge.up) {
            return "failed";
        }
        return driver == Driver.QEMU && !domain.torn.contains(nic.mac()) ? "wired" : "pending";
    }
}
