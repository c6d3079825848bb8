package io.tapwright.libvirt.xml;

import static io.tapwright.libvirt.xml.DomainXmlException.quote;

import io.tapwright.model.DomainId;
import io.tapwright.model.MacAddress;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads one {@code <domain>}: its direct children alone, since {@code <name>} and others occur further down too. */
final class DomainParser {

    private final XmlCursor cursor;
    private final List<InterfaceSpec> interfaces = new ArrayList<>();
    private final Set<MacAddress> ours = new HashSet<>();
    private final Map<MacAddress, String> networks = new HashMap<>();
    private final MemoryParser memory = new MemoryParser();
    private boolean networksSeen;
    private int interfacesSeen;
    private String name;
    private DomainId id;

    DomainParser(XmlCursor cursor) {
        this.cursor = cursor;
    }

    DomainXml.Description parse() {
        cursor.enterRoot("domain");
        boolean active = cursor.attribute("id").isPresent();
        while (cursor.nextChild(1)) {
            switch (cursor.plainName()) {
                case "name" -> name(cursor.text());
                case "uuid" -> uuid(cursor.text());
                case "metadata" -> metadata();
                case "devices" -> devices();
                case "memoryBacking" -> memory.backing(cursor);
                case "cpu" -> memory.cpu(cursor);
                default -> {
                    // Nothing that concerns a NIC.
                }
            }
        }
        if (name == null) {
            throw new DomainXmlException("<domain> has no <name>");
        }
        if (id == null) {
            throw new DomainXmlException("<domain> " + quote(name) + " has no <uuid>");
        }
        return new DomainXml.Description(new DomainSpec(id, name, interfaces, networks, memory.isShared()), active);
    }

    /** libvirt refuses a line break in a name too (src/conf/domain_conf.c: virXMLCheckIllegalChars). */
    private void name(String text) {
        if (name != null) {
            throw new DomainXmlException("<domain> has two <name> elements, " + quote(name) + " and " + quote(text));
        }
        if (text.isEmpty() || text.chars().anyMatch(Character::isISOControl)) {
            throw new DomainXmlException("<name> " + quote(text) + ": expected some text without control characters");
        }
        name = text;
    }

    private void uuid(String text) {
        if (id != null) {
            throw new DomainXmlException("<domain> has two <uuid> elements, " + quote(id.toString()) + " and " + quote(text));
        }
        try {
            id = DomainId.of(text);
        } catch (IllegalArgumentException e) {
            throw new DomainXmlException("<uuid> " + quote(text) + ": expected 8-4-4-4-12 hex digits", e);
        }
    }

    private void devices() {
        while (cursor.nextChild(2)) {
            if (cursor.plainName().equals("interface")) {
                if (++interfacesSeen > DomainXml.MAX_INTERFACES) {
                    throw new DomainXmlException("more than " + DomainXml.MAX_INTERFACES + " <interface> elements");
                }
                new InterfaceParser(cursor, 3).parse().tolerant().ifPresent(this::add);
            }
        }
    }

    /**
     * Two NICs of ours with one address would be one NIC to everybody who tells them apart by it. A pair of which only
     * one is ours is legitimate: libvirt's {@code <teaming>} couples two NICs by their address.
     */
    private void add(InterfaceSpec one) {
        if (one.isOurs() && !ours.add(one.mac())) {
            throw new DomainXmlException("two <interface> elements of type ethernet with managed='no' have the <mac address> "
                    + quote(one.mac().text()) + ": expected one");
        }
        interfaces.add(one);
    }

    private void metadata() {
        while (cursor.nextChild(2)) {
            if (cursor.isIn(DomainSpec.METADATA_NAMESPACE)) {
                if (!cursor.localName().equals("networks") || networksSeen) {
                    throw new DomainXmlException(
                            "<metadata> contains " + cursor.describe() + ": expected one <networks> of that namespace");
                }
                networksSeen = true;
                networks();
            }
        }
    }

    private void networks() {
        while (cursor.nextChild(3)) {
            if (!cursor.isIn(DomainSpec.METADATA_NAMESPACE) || !cursor.localName().equals("interface")) {
                throw new DomainXmlException("<networks> in <metadata> contains " + cursor.describe()
                        + ": expected <interface mac='…' network='…'/> of namespace '" + DomainSpec.METADATA_NAMESPACE + "'");
            }
            MacAddress mac = InterfaceParser.mac("<interface mac> in <metadata>", required("mac"));
            String network = required("network");
            if (network.isEmpty()) {
                throw new DomainXmlException("<interface network> in <metadata> of " + mac + " is empty: expected a network");
            }
            String other = networks.put(mac, network);
            if (other != null) {
                throw new DomainXmlException("<networks> in <metadata> puts " + mac + " on two networks, "
                        + quote(other) + " and " + quote(network));
            }
        }
    }

    private String required(String attribute) {
        return cursor.attribute(attribute).orElseThrow(() -> new DomainXmlException(
                "<interface> in <metadata> has no attribute '" + attribute + "': expected mac and network"));
    }
}
