package io.tapwright.model.userspace;

import java.time.Instant;

/**
 * One port as it stands.
 *
 * @param reason   why, for people; empty where nothing needs saying
 * @param since    since when {@code status} and {@code reason} are these
 * @param counters of this run of the switch, as of the moment at which the state was told
 */
public record PortState(String network, String port, PortStatus status, String reason, Instant since, PortCounters counters) {

    /** The same in all but the counters. */
    public boolean saysTheSameAs(PortState other) {
        return equals(new PortState(other.network, other.port, other.status, other.reason, other.since, counters));
    }
}
