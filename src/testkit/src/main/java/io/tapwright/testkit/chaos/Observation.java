package io.tapwright.testkit.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is there: the kernel's devices as {@code ip} shows them, and what the agent's status says.
 *
 * @param links    by name, as {@code ip -j -d address} has them
 * @param ipv6Off  devices whose IPv6 is off
 * @param status   empty where the agent does not answer
 */
record Observation(Map<String, JsonNode> links, Set<String> ipv6Off, Optional<JsonNode> status) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CUT = "-- 8< --";

    /** Looks in a lab; the three looks are a moment apart, so only what keeps still is seen right. */
    static Observation in(LabShell shell) {
        String out = shell.run("ip -j -d address 2>/dev/null; echo; echo '" + CUT + "'\n"
                + "grep -lsx 1 /proc/sys/net/ipv6/conf/*/disable_ipv6; echo '" + CUT + "'\n"
                + "curl -sf --max-time 3 http://127.0.0.1:9470/api/v1/status; true").orThrow();
        String[] parts = out.split(CUT, -1);
        try {
            Map<String, JsonNode> links = new TreeMap<>();
            // ip leaves empty objects where a device went while it looked.
            JsonNode all = JSON.readTree(parts[0]);
            if (!all.isArray()) {
                throw new AssertionError("no devices: " + out);
            }
            all.forEach(link -> {
                if (link.has("ifname")) {
                    links.put(link.get("ifname").asText(), link);
                }
            });
            Set<String> ipv6Off = new HashSet<>();
            parts[1].lines().filter(l -> l.startsWith("/")).forEach(l -> ipv6Off.add(l.split("/")[6]));
            String status = parts[2].strip();
            return new Observation(links, ipv6Off, status.startsWith("{") ? Optional.of(JSON.readTree(status)) : Optional.empty());
        } catch (IOException e) {
            throw new UncheckedIOException("not understood: " + out, e);
        }
    }

    static String master(JsonNode link) {
        return link.path("master").asText("");
    }

    static boolean isUp(JsonNode link) {
        return hasFlag(link, "UP");
    }

    private static boolean hasFlag(JsonNode link, String flag) {
        for (JsonNode f : link.path("flags")) {
            if (f.asText().equals(flag)) {
                return true;
            }
        }
        return false;
    }

    /** What nobody may change of somebody else's device. */
    static String fingerprint(JsonNode link) {
        return "index " + link.path("ifindex").asInt() + ", master '" + master(link) + "', mtu " + link.path("mtu").asInt()
                + ", alias '" + link.path("ifalias").asText("") + "', address " + link.path("address").asText() + ", flags "
                + link.path("flags") + ", group " + link.path("group").asText() + ", kind "
                + link.at("/linkinfo/info_kind").asText() + ", names " + link.path("altnames");
    }
}
