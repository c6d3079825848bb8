package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.libvirt.jna.Libvirt;

/** A UUID as virDomainGetUUID and virDomainLookupByUUID have it: 16 octets, most significant first (RFC 9562). */
final class Uuids {

    private Uuids() {
    }

    static DomainId fromBytes(byte[] octets) {
        ByteBuffer buffer = ByteBuffer.wrap(octets, 0, Libvirt.VIR_UUID_BUFLEN);
        return new DomainId(new UUID(buffer.getLong(), buffer.getLong()));
    }

    static byte[] toBytes(DomainId id) {
        return ByteBuffer.allocate(Libvirt.VIR_UUID_BUFLEN)
                .putLong(id.uuid().getMostSignificantBits())
                .putLong(id.uuid().getLeastSignificantBits())
                .array();
    }
}
