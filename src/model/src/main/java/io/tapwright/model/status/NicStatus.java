package io.tapwright.model.status;

import java.time.Instant;

/**
 * One NIC of one domain.
 *
 * @param tap     the host's device, null where there is none
 * @param network Tapwright's network, null where it belongs to none
 * @param bridge  the bridge the NIC belongs to, null where unknown
 * @param type    libvirt's interface type
 * @param reason  why it stands there, null where nothing needs saying
 * @param since   since when state and reason are these
 */
public record NicStatus(
        String domain, String uuid, String mac, String tap, String network, String bridge, String type,
        NicState state, String reason, Instant since) {

    /** The same in all but {@code since}. */
    public boolean saysTheSameAs(NicStatus other) {
        return equals(new NicStatus(other.domain, other.uuid, other.mac, other.tap, other.network, other.bridge,
                other.type, other.state, other.reason, since));
    }
}
