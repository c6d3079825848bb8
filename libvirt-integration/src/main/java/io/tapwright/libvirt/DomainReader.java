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
 * Asks libvirt about one domain: whether it is persistent and active, then its live XML, its inactive one, or both. The
 * four calls are not one: what changes between them sends an event, and so another read. On the libvirt thread.
 */
final class DomainReader {

    private static final LibvirtExtension LIBVIRT = LibvirtExtension.LIBVIRT;

    /** virDomainGetXMLDesc without a flag: the live XML of a domain that runs. */
    private static final int XML_LIVE = 0;

    private DomainReader() {
    }

    /**
     * @param domain stays the caller's to free
     * @throws LibvirtFault where libvirt fails, be it that the domain is gone
     */
    static DomainAnswer read(DomainPointer domain) throws LibvirtFault {
        long askedNanos = System.nanoTime();
        DomainId id = id(domain);
        boolean persistent = truth(LIBVIRT.virDomainIsPersistent(domain), "ask if domain " + id + " is persistent");
        boolean active = truth(LIBVIRT.virDomainIsActive(domain), "ask if domain " + id + " is active");
        if (!persistent && !active) {
            return new DomainAnswer.Gone(id, askedNanos); // a transient domain that has just ended
        }
        try {
            Optional<DomainSpec> live = active ? Optional.of(spec(domain, id, XML_LIVE)) : Optional.empty();
            Optional<DomainSpec> config = persistent
                    ? Optional.of(spec(domain, id, LibvirtExtension.XML_INACTIVE)) : Optional.empty();
            String name = live.or(() -> config).orElseThrow().name();
            return new DomainAnswer.Known(new DomainReport(id, name, persistent, config, live, askedNanos));
        } catch (DomainXmlException e) {
            return new DomainAnswer.Unreadable(id, "read the XML of domain " + label(domain, id) + ": " + e.getMessage());
        }
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

    private static boolean truth(int answer, String doing) throws LibvirtFault {
        if (answer < 0) {
            throw LIBVIRT.fault(doing);
        }
        return answer == 1;
    }

    private static DomainSpec spec(DomainPointer domain, DomainId id, int flags) throws LibvirtFault {
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
        return DomainXml.parseDomain(bytes);
    }
}
