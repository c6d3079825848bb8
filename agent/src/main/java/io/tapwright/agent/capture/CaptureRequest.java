package io.tapwright.agent.capture;

import io.tapwright.model.MacAddress;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.NicState;
import io.tapwright.model.status.NicStatus;
import io.tapwright.model.status.Snapshot;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What somebody wants to capture.
 *
 * @param domain     name or UUID, empty for any
 * @param snapLength so many bytes of each frame at most
 * @param atMost     how long
 * @param packets    how many
 */
record CaptureRequest(MacAddress mac, String domain, int snapLength, Duration atMost, long packets) {

    /** As dumpcap has it: frames of any length whole. */
    private static final int SNAP_LENGTH = 262144;
    private static final int SECONDS = 60;
    private static final int MOST_SECONDS = 3600;

    /** @throws RefusedException 400 where something is no number, or too large a one */
    static CaptureRequest parse(String mac, MultiMap parameters) {
        MacAddress address;
        try {
            address = new MacAddress(mac);
        } catch (IllegalArgumentException e) {
            throw new RefusedException(400, e.getMessage());
        }
        String domain = parameters.get("domain");
        return new CaptureRequest(address, domain == null ? "" : domain,
                (int) number(parameters, "snaplen", SNAP_LENGTH, SNAP_LENGTH),
                Duration.ofSeconds(number(parameters, "seconds", SECONDS, MOST_SECONDS)),
                number(parameters, "packets", Long.MAX_VALUE, Long.MAX_VALUE));
    }

    private static long number(MultiMap parameters, String name, long otherwise, long most) {
        String text = parameters.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // As wrong as one that is too large.
        }
        throw new RefusedException(400, name + ": '" + text + "', expected a number from 1"
                + (most == Long.MAX_VALUE ? " on" : " to " + most));
    }

    /**
     * The NIC that is meant: of several the one that is wired, where only one is.
     *
     * @throws RefusedException 404 where there is none, 409 where there are several
     */
    NicStatus find(Snapshot snapshot) {
        List<NicStatus> all = snapshot.domains().stream().map(DomainStatus::nics).flatMap(List::stream)
                .filter(nic -> nic.mac().equals(mac.text()))
                .filter(nic -> domain.isEmpty() || nic.domain().equals(domain) || nic.uuid().equals(domain)).toList();
        List<NicStatus> wired = all.stream().filter(nic -> nic.state() == NicState.WIRED).toList();
        List<NicStatus> meant = wired.size() == 1 ? wired : all;
        return switch (meant.size()) {
            case 0 -> throw new RefusedException(404, "no domain" + (domain.isEmpty() ? "" : " '" + domain + "'")
                    + " has a NIC with the MAC address " + mac);
            case 1 -> meant.getFirst();
            default -> throw new RefusedException(409, meant.size() + " NICs have the MAC address " + mac + ", of the domains "
                    + meant.stream().map(nic -> nic.domain() + " (" + nic.uuid() + ")").collect(Collectors.joining(", "))
                    + ": add ?domain=");
        };
    }
}
