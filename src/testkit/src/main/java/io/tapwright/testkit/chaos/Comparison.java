package io.tapwright.testkit.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Holds what should be against what is there; collects every difference in words. */
final class Comparison {

    private final World world;
    private final Observation seen;
    private final Map<String, String> foreign;
    private final List<String> differences = new ArrayList<>();

    private Comparison(World world, Observation seen, Map<String, String> foreign) {
        this.world = world;
        this.seen = seen;
        this.foreign = foreign;
    }

    /** @param foreign the fingerprints that other people's devices must still have, by name */
    static List<String> of(World world, Observation seen, Map<String, String> foreign) {
        Comparison comparison = new Comparison(world, seen, foreign);
        World.Wanted wanted = world.wanted();
        comparison.devices(wanted);
        comparison.status(wanted);
        return comparison.differences;
    }

    private void check(String what, Object wanted, Object found) {
        if (!wanted.equals(found)) {
            differences.add(what + ": should be " + wanted + ", is " + found);
        }
    }

    private void devices(World.Wanted wanted) {
        Set<String> names = new TreeSet<>(wanted.taps().keySet());
        names.addAll(foreign.keySet());
        names.add(Decoys.PORT);
        world.networks.values().stream().filter(b -> b.present).forEach(b -> names.add(b.name));
        if (world.uplinkPresent) {
            names.add(World.UPLINK);
            names.add(Decoys.UPLINK_PEER);
        }
        Set<String> more = new TreeSet<>(seen.links().keySet());
        more.removeAll(names);
        names.removeAll(seen.links().keySet());
        names.forEach(name -> differences.add("device " + name + " is missing"));
        more.forEach(name -> differences.add("device " + name + " is one too many: " + Observation.fingerprint(seen.links().get(name))));
        wanted.taps().values().forEach(tap -> link(tap.name()).ifPresent(link -> tap(tap, link)));
        world.networks.values().forEach(b -> link(b.name).ifPresent(link -> bridge(b, link)));
        link(World.UPLINK).ifPresent(link -> {
            check("master of the uplink", World.UPLINK_BRIDGE, Observation.master(link));
            check("uplink is up", true, Observation.isUp(link));
        });
        Bridge external = world.networks.get("ext");
        link(Decoys.PORT).ifPresent(link ->
                check("master of " + Decoys.PORT, external.present ? external.name : "", Observation.master(link)));
        foreign.forEach((name, print) -> link(name).ifPresent(
                link -> check("foreign device " + name, print, Observation.fingerprint(link))));
    }

    private Optional<JsonNode> link(String name) {
        return Optional.ofNullable(seen.links().get(name));
    }

    private void tap(World.Tap tap, JsonNode link) {
        String name = "tap " + tap.name();
        JsonNode made = link.at("/linkinfo/info_data");
        check("kind of " + name, "tun tap", link.at("/linkinfo/info_kind").asText() + " " + made.path("type").asText());
        check("master of " + name, tap.master(), Observation.master(link));
        tap.up().ifPresent(up -> check(name + " is up", up, Observation.isUp(link)));
        if (tap.mtu() != 0) {
            check("MTU of " + name, tap.mtu(), link.path("mtu").asInt());
        }
        check("address of " + name, tap.mac(), link.path("address").asText());
        check("mark of " + name, tap.alias(), link.path("ifalias").asText(""));
        check("many queues of " + name, tap.multiQueue(), made.path("multi_queue").asBoolean());
        check(name + " persists", true, made.path("persist").asBoolean());
        check(name + " belongs to", "libvirt-qemu", made.path("user").asText());
        check("IPv6 off on " + name, true, seen.ipv6Off().contains(tap.name()));
    }

    private void bridge(Bridge bridge, JsonNode link) {
        check("kind of " + bridge.name, "bridge", link.at("/linkinfo/info_kind").asText());
        check(bridge.name + " is up", bridge.up, Observation.isUp(link));
        check("MTU of " + bridge.name, bridge.mtu, link.path("mtu").asInt());
        if (bridge.kept) {
            check("mark of " + bridge.name, "tapwright:host bridge network=" + bridge.network, link.path("ifalias").asText(""));
            check("address of " + bridge.name, world.bridgeMacs.computeIfAbsent(bridge.name, b -> link.path("address").asText()),
                    link.path("address").asText());
            Set<String> addresses = new HashSet<>();
            for (JsonNode a : link.path("addr_info")) {
                if (!a.path("scope").asText().equals("link")) {
                    addresses.add(a.path("local").asText() + "/" + a.path("prefixlen").asInt());
                }
            }
            check("addresses of " + bridge.name, bridge.addresses, addresses);
        }
    }

    private void status(World.Wanted wanted) {
        if (seen.status().isEmpty()) {
            differences.add("the agent's status does not answer");
            return;
        }
        JsonNode status = seen.status().get();
        check("status: libvirt", "connected", status.at("/libvirt/state").asText());
        Map<String, String> domains = new HashMap<>();
        Map<String, String> nics = new HashMap<>();
        for (JsonNode d : status.path("domains")) {
            if (d.path("name").asText().equals("test")) {
                continue; // the test driver's own
            }
            domains.put(d.path("uuid").asText(), d.path("name").asText() + " active " + d.path("active").asBoolean()
                    + " persistent " + d.path("persistent").asBoolean());
            for (JsonNode n : d.path("nics")) {
                String was = nics.put(d.path("uuid").asText() + " " + n.path("mac").asText(), n.path("state").asText() + " tap "
                        + n.path("tap").asText(null) + " network " + n.path("network").asText(null));
                if (was != null) {
                    differences.add("status has NIC " + n.path("mac").asText() + " twice");
                }
            }
        }
        Map<String, String> wantedDomains = new HashMap<>();
        world.domains.values().forEach(d -> wantedDomains.put(d.uuid,
                d.name + " active " + d.isRunning() + " persistent " + d.config.isPresent()));
        Map<String, String> wantedNics = new HashMap<>();
        wanted.nics().forEach(n -> wantedNics.put(n.domain() + " " + n.mac(),
                n.state() + " tap " + n.tap() + " network " + n.network()));
        maps("status: domain", wantedDomains, domains);
        maps("status: NIC", wantedNics, nics);
        for (JsonNode n : status.path("networks")) {
            Bridge bridge = world.networks.get(n.path("name").asText());
            boolean ready = bridge != null && bridge.present
                    && (world.uplinkPresent || !bridge.name.equals(World.UPLINK_BRIDGE));
            check("status: network " + n.path("name").asText(), ready ? "ready" : "failed", n.path("state").asText());
        }
        check("status: networks", world.networks.size(), status.path("networks").size());
    }

    private void maps(String what, Map<String, String> wanted, Map<String, String> found) {
        Set<String> keys = new TreeSet<>(wanted.keySet());
        keys.addAll(found.keySet());
        keys.forEach(key -> check(what + " " + key, wanted.getOrDefault(key, "absent"), found.getOrDefault(key, "absent")));
    }
}
