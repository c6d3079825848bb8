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
 */
public record SwitchState(long pid, Instant startedAt, List<PortState> ports) {

    public SwitchState {
        ports = List.copyOf(ports);
    }

    public Optional<PortState> port(String network, String port) {
        return ports.stream().filter(p -> p.network().equals(network) && p.port().equals(port)).findFirst();
    }
}
