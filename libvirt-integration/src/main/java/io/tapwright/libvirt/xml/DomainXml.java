package io.tapwright.libvirt.xml;

import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;

/**
 * Parses libvirt's XML (libvirt: docs/formatdomain.rst). The text may come from anybody who can reach the hook's socket,
 * so it is taken for hostile: no DTD, no entity but the five of XML itself, UTF-8 alone (libvirt writes nothing else),
 * and limits on everything that grows. The input is read once and never copied whole, but for a single token that fills it:
 * parsing can take some five times its size for a moment, so a caller with a small heap takes in less than
 * {@link #MAX_BYTES}.
 *
 * <p>Strict about what Tapwright acts on, lenient about the rest: a fault in a NIC that libvirt wires itself hides no NIC
 * of ours, while a fault in one of ours, or in Tapwright's own metadata, fails the whole document.
 *
 * <p>Stateless: any thread, any number at a time.
 */
public final class DomainXml {

    /** Bytes in a document: what libvirt can send ({@code REMOTE_STRING_MAX}, src/remote/remote_protocol.x). */
    public static final int MAX_BYTES = 4 << 20;

    /** Nesting of elements; libvirt's own goes to about ten, and the JDK's parser refuses more than 100. */
    public static final int MAX_DEPTH = 64;

    /** Elements in a document; a domain with a hundred disks has some thousands. */
    public static final int MAX_ELEMENTS = 100_000;

    /** {@code <interface>} elements in a domain; QEMU runs out of PCI slots long before. */
    public static final int MAX_INTERFACES = 1024;

    /** UTF-16 units in an attribute or a text that is looked at. */
    public static final int MAX_TEXT = 1024;

    /**
     * A domain and whether it runs.
     *
     * @param active what the text says, which is no older than the text: libvirt gives a running domain's element an
     *               {@code id}, and leaves it out where the inactive description was asked for
     */
    public record Description(DomainSpec spec, boolean active) {
    }

    private DomainXml() {
    }

    /**
     * Parses a {@code <domain>}, live or inactive, as virDomainGetXMLDesc writes it and as a hook gets it on stdin.
     *
     * @throws DomainXmlException when it is anything else
     */
    public static DomainSpec parseDomain(byte[] xml) {
        return describe(xml).spec();
    }

    /**
     * As {@link #parseDomain}, and tells whether it is the description of a running domain.
     *
     * @throws DomainXmlException when it is anything else
     */
    public static Description describe(byte[] xml) {
        return XmlCursor.read(xml, cursor -> new DomainParser(cursor).parse());
    }

    /**
     * Parses a document that is one {@code <interface>}, as {@code virsh attach-device} takes it. It must name its MAC
     * address whatever its type: libvirt would make one up that nobody here knows.
     *
     * @throws DomainXmlException when it is anything else
     */
    public static InterfaceSpec parseInterface(byte[] xml) {
        return XmlCursor.read(xml, cursor -> {
            cursor.enterRoot("interface");
            return new InterfaceParser(cursor, 1).parse().strict();
        });
    }
}
