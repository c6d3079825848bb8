package io.tapwright.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * What {@code /api/v1/status} says, with the times at which things came to be as they are: asking seldom is enough.
 *
 * @param connected since when libvirt is connected, in milliseconds since the epoch; 0 where it is not
 * @param nics      a fleet's, by MAC address
 */
record Status(long connected, Map<String, Nic> nics) {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** A fleet's: the test driver has a domain of its own. */
    private static final String MACS = "52:54:00:";

    /**
     * A NIC's state and since when, in milliseconds since the epoch.
     *
     * @param reason empty for none
     */
    record Nic(String state, String reason, long since) {
    }

    static Status of(String json) {
        try {
            JsonNode root = JSON.readTree(json);
            Map<String, Nic> nics = new HashMap<>();
            for (JsonNode domain : root.get("domains")) {
                for (JsonNode nic : domain.get("nics")) {
                    if (nic.get("mac").asText().startsWith(MACS)) {
                        nics.put(nic.get("mac").asText(), new Nic(nic.get("state").asText(),
                                nic.get("reason").asText(""), millis(nic.get("since"))));
                    }
                }
            }
            JsonNode libvirt = root.get("libvirt");
            return new Status(libvirt.get("state").asText().equals("connected") ? millis(libvirt.get("since")) : 0, nics);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long millis(JsonNode since) {
        return Instant.parse(since.asText()).toEpochMilli();
    }

    int count(String state) {
        return (int) nics.values().stream().filter(n -> n.state().equals(state)).count();
    }

    /** When the first NIC came to its present state. */
    long first() {
        return nics.values().stream().mapToLong(Nic::since).min().orElseThrow();
    }

    /** When the last NIC came to its present state. */
    long last() {
        return nics.values().stream().mapToLong(Nic::since).max().orElseThrow();
    }

    /** How many are in each state, and one reason, for errors. */
    String summary() {
        Map<String, Integer> states = new HashMap<>();
        nics.values().forEach(n -> states.merge(n.state(), 1, Integer::sum));
        return states + nics.values().stream().map(Nic::reason).filter(r -> !r.isEmpty()).findFirst().map(r -> ", " + r).orElse("");
    }
}
