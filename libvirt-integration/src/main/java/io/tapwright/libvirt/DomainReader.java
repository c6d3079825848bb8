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
 * to add, since only a persistent domain stays when it is off. A running one that is persistent is asked for its
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
     * @param domain     stays the caller's to free
     * @param askedNanos {@link System#nanoTime()} before libvirt was asked anything for this
     * @param before     the last reading: a text that is the same is not parsed again
     * @throws LibvirtFault       where libvirt fails, be it that the domain is gone
     * @throws DomainXmlException where what it says can't be understood
     */
    static Reading read(DomainPointer domain, DomainId id, boolean persistent, long askedNanos, Optional<Reading> before)
            throws LibvirtFault {
        int number = number(domain);
        Reading.Text now = describe(domain, id, XML_NOW, before.map(Reading::now));
        Optional<Reading.Text> definition = now.says().active() && persistent
                ? Optional.of(describe(domain, id, LibvirtExtension.XML_INACTIVE, before.flatMap(Reading::definition)))
                : Optional.empty();
        Optional<DomainSpec> live = Optional.of(now).filter(text -> text.says().active()).map(text -> text.says().spec());
        Optional<DomainSpec> config = now.says().active() ? definition.map(text -> text.says().spec())
                : Optional.of(now.says().spec());
        String name = now.says().spec().name();
        return new Reading(number, new DomainReport(id, name, config.isPresent(), config, live, askedNanos), now, definition);
    }

    /** Kept in the domain object, no question to libvirtd; so are name and number. */
    static DomainId id(DomainPointer domain) throws LibvirtFault {
        byte[] uuid = new byte[Libvirt.VIR_UUID_BUFLEN];
        if (LIBVIRT.virDomainGetUUID(domain, uuid) < 0) {
            throw LIBVIRT.fault("ask for a domain's UUID");
        }
        return Uuids.fromBytes(uuid);
    }

    static int number(DomainPointer domain) {
        return LIBVIRT.virDomainGetID(domain);
    }

    static Optional<String> name(DomainPointer domain) {
        return Optional.ofNullable(LIBVIRT.virDomainGetName(domain));
    }

    /** As people know it. */
    static String label(DomainPointer domain, DomainId id) {
        return name(domain).map(name -> "'" + name + "' (" + id + ")").orElse(id.toString());
    }

    /** A domain that does not run is persistent, or it would not be. */
    static boolean isPersistent(DomainPointer domain, DomainId id) throws LibvirtFault {
        if (number(domain) == LibvirtExtension.NOT_RUNNING) {
            return true;
        }
        int answer = LIBVIRT.virDomainIsPersistent(domain);
        if (answer < 0) {
            throw LIBVIRT.fault("ask if domain " + id + " is persistent");
        }
        return answer == 1;
    }

    private static Reading.Text describe(DomainPointer domain, DomainId id, int flags, Optional<Reading.Text> before)
            throws LibvirtFault {
        byte[] xml = xml(domain, id, flags);
        long fingerprint = Fingerprint.of(xml);
        return before.filter(text -> text.fingerprint() == fingerprint)
                .orElseGet(() -> new Reading.Text(fingerprint, DomainXml.describe(xml)));
    }

    private static byte[] xml(DomainPointer domain, DomainId id, int flags) throws LibvirtFault {
        CString xml = LIBVIRT.virDomainGetXMLDesc(domain, flags);
        if (xml == null) {
            throw LIBVIRT.fault("read the XML of domain " + id);
        }
        try {
            Pointer text = xml.getPointer();
            return text.getByteArray(0, (int) text.indexOf(0, (byte) 0)); // in bounds: libvirt ends it with a NUL
        } finally {
            xml.free();
        }
    }
}
