package io.tapwright.model.status;

import io.tapwright.model.DomainId;
import io.tapwright.model.MacAddress;
import io.tapwright.model.Mark;
import io.tapwright.model.NicId;
import io.tapwright.model.host.Link;
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

    public NicId id() {
        return new NicId(DomainId.of(uuid), new MacAddress(mac));
    }

    /** True for the NIC's own device: libvirt's by its name, ours by its mark too, since the name may be that of another's. */
    public boolean isDevice(Link link) {
        return link.name().text().equals(tap) && (state == NicState.OBSERVED
                || link.mark().filter(mark -> mark instanceof Mark.Tap marked && marked.nic().equals(id())).isPresent());
    }

    /** The same in all but {@code since}. */
    public boolean saysTheSameAs(NicStatus other) {
        return equals(new NicStatus(other.domain, other.uuid, other.mac, other.tap, other.network, other.bridge,
                other.type, other.state, other.reason, since));
    }
}
