package io.tapwright.model.userspace;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the switch has.
 *
 * @param pid       of its process
 * @param startedAt when that began: with {@code pid}, tells one run from the next
 * @param ports     every port of every network, one that can't be had too
 * @param networks  every network; none where the switch is one that does not tell
 */
public record SwitchState(long pid, Instant startedAt, List<PortState> ports, List<NetworkState> networks) {

    public SwitchState {
        ports = List.copyOf(ports);
        networks = List.copyOf(networks);
    }

    public Optional<PortState> port(String network, String port) {
        return ports.stream().filter(p -> p.network().equals(network) && p.port().equals(port)).findFirst();
    }
}
