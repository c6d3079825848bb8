package io.tapwright.model.status;

import java.time.Instant;

/**
 * One configured network.
 *
 * @param state  {@code ready} or {@code failed}; {@code pending} in a dry run, or while the switch in user space lacks its tap
 * @param reason why, null where ready
 */
public record NetworkStatus(String name, String bridge, NicState state, String reason, Instant since) {

    public boolean saysTheSameAs(NetworkStatus other) {
        return equals(new NetworkStatus(other.name, other.bridge, other.state, other.reason, since));
    }
}
