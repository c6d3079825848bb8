package io.tapwright.libvirt;

import com.sun.jna.Pointer;
import io.tapwright.libvirt.xml.DomainXml;
import io.tapwright.libvirt.xml.DomainXmlException;
import io.tapwright.model.DomainId;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.DomainSpec;
import java.util.Optional;
import org.libvirt.jna.CString;
import org.libvirt.jna.DomainPointer;
import org.libvirt.jna.Libvirt;

/**
 * Asks libvirt about one domain. Its XML comes first and says itself whether the domain runs; one that does not has nothing
 * to add, since only a persistent domain stays when it is off. A running one is asked whether it is persistent, and for its
 * definition. What changes meanwhile, also a transient domain seen as it ends, sends an event, and so another read. On the
 * libvirt thread.
 */
final class DomainReader {

    private static final LibvirtExtension LIBVIRT = LibvirtExtension.LIBVIRT;

    /** virDomainGetXMLDesc without a flag: the live XML of a domain that runs, the definition of one that does not. */
    private static final int XML_NOW = 0;

    private DomainReader() {
    }

    /**
     * @param domain stays the caller's to free
     * @throws LibvirtFault where libvirt fails, be it that the domain is gone
     */
    static DomainAnswer read(DomainPointer domain) throws LibvirtFault {
        long askedNanos = System.nanoTime();
        DomainId id = id(domain);
        try {
            DomainXml.Description now = describe(domain, id, XML_NOW);
            if (!now.active()) {
                return known(id, Optional.of(now.spec()), Optional.empty(), askedNanos);
            }
            Optional<DomainSpec> config = isPersistent(domain, id)
                    ? Optional.of(describe(domain, id, LibvirtExtension.XML_INACTIVE).spec()) : Optional.empty();
            return known(id, config, Optional.of(now.spec()), askedNanos);
        } catch (DomainXmlException e) {
            return new DomainAnswer.Unreadable(id, "read the XML of domain " + label(domain, id) + ": " + e.getMessage());
        }
    }

    private static DomainAnswer known(
            DomainId id, Optional<DomainSpec> config, Optional<DomainSpec> live, long askedNanos) {
        String name = live.or(() -> config).orElseThrow().name();
        return new DomainAnswer.Known(new DomainReport(id, name, config.isPresent(), config, live, askedNanos));
    }

    static DomainId id(DomainPointer domain) throws LibvirtFault {
        byte[] uuid = new byte[Libvirt.VIR_UUID_BUFLEN];
        if (LIBVIRT.virDomainGetUUID(domain, uuid) < 0) {
            throw LIBVIRT.fault("ask for a domain's UUID");
        }
        return Uuids.fromBytes(uuid);
    }

    /** As people know it; the name is kept in the domain object, no question to libvirtd. */
    static String label(DomainPointer domain, DomainId id) {
        String name = LIBVIRT.virDomainGetName(domain);
        return name == null ? id.toString() : "'" + name + "' (" + id + ")";
    }

    private static boolean isPersistent(DomainPointer domain, DomainId id) throws LibvirtFault {
        int answer = LIBVIRT.virDomainIsPersistent(domain);
        if (answer < 0) {
            throw LIBVIRT.fault("ask if domain " + id + " is persistent");
        }
        return answer == 1;
    }

    private static DomainXml.Description describe(DomainPointer domain, DomainId id, int flags) throws LibvirtFault {
        CString xml = LIBVIRT.virDomainGetXMLDesc(domain, flags);
        if (xml == null) {
            throw LIBVIRT.fault("read the XML of domain " + id);
        }
        byte[] bytes;
        try {
            Pointer text = xml.getPointer();
            bytes = text.getByteArray(0, (int) text.indexOf(0, (byte) 0)); // in bounds: libvirt ends it with a NUL
        } finally {
            xml.free();
        }
        return DomainXml.describe(bytes);
    }
}
