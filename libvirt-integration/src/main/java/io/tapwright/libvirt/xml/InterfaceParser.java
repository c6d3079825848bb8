package io.tapwright.libvirt.xml;

import static io.tapwright.libvirt.xml.DomainXmlException.quote;

import io.tapwright.model.MacAddress;
import io.tapwright.model.domain.InterfaceSpec;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Reads one {@code <interface>} that the cursor stands in. Values are kept as written until it is known whether the NIC is
 * ours: {@code managed} may come after what it decides about.
 */
final class InterfaceParser {

    /** The most queues a tap can have ({@code MAX_TAP_QUEUES}, drivers/net/tun.c). */
    private static final int MAX_QUEUES = 256;

    private final XmlCursor cursor;
    private final int depth;
    private final Set<String> seen = new HashSet<>();
    private final String type;
    private Optional<String> mac = Optional.empty();
    private Optional<String> target = Optional.empty();
    private Optional<String> managed = Optional.empty();
    private Optional<String> queues = Optional.empty();
    private Optional<String> link = Optional.empty();
    private Optional<String> source = Optional.empty();
    private Optional<String> alias = Optional.empty();
    private Optional<String> socket = Optional.empty();
    private Optional<String> mode = Optional.empty();

    InterfaceParser(XmlCursor cursor, int depth) {
        this.cursor = cursor;
        this.depth = depth;
        this.type = cursor.attribute("type").filter(t -> !t.isEmpty()).orElseThrow(() -> new DomainXmlException(
                "<interface> has no attribute 'type': expected such as type='ethernet'"));
    }

    InterfaceParser parse() {
        while (cursor.nextChild(depth)) {
            switch (cursor.plainName()) {
                case "mac" -> mac = once("address");
                case "target" -> {
                    target = once("dev");
                    managed = cursor.attribute("managed");
                }
                case "driver" -> queues = once("queues");
                case "link" -> link = once("state");
                case "source" -> {
                    source = onceSource();
                    socket = cursor.attribute("path");
                    mode = cursor.attribute("mode");
                }
                case "alias" -> alias = once("name");
                default -> {
                    // Models, boot order, bandwidth and the like are libvirt's business.
                }
            }
        }
        return this;
    }

    /** The NIC; a fault in anything that was read is an error. */
    InterfaceSpec strict() {
        MacAddress address = mac("<mac address> of " + describe(), mac.orElseThrow(() -> new DomainXmlException(
                describe() + " has no <mac address>: expected one, or libvirt makes up another")));
        return new InterfaceSpec(type, address, target, managedByLibvirt(), queues(), linkUp(), source, alias, vhostUser());
    }

    /** As {@link #strict()} for a NIC of ours; one that libvirt wires is taken as far as it can be understood. */
    Optional<InterfaceSpec> tolerant() {
        if (type.equals(InterfaceSpec.ETHERNET) && !managedByLibvirt()) {
            return Optional.of(strict());
        }
        return mac.flatMap(InterfaceParser::tryMac).map(address -> new InterfaceSpec(
                type, address, target, !managed.equals(Optional.of("no")), tryQueues().orElse(1), !link.equals(Optional.of("down")), source, alias,
                vhostUser()));
    }

    /** libvirt knows no other modes, and no other kind of source, for this type. */
    private Optional<InterfaceSpec.VhostUser> vhostUser() {
        return socket.filter(path -> type.equals(InterfaceSpec.VHOST_USER))
                .filter(path -> mode.equals(Optional.of("client")) || mode.equals(Optional.of("server")))
                .map(path -> new InterfaceSpec.VhostUser(path, mode.equals(Optional.of("client"))));
    }

    private boolean managedByLibvirt() {
        return !oneOf("<target managed>", managed, "yes", "no").equals("no");
    }

    private boolean linkUp() {
        return oneOf("<link state>", link, "up", "down").equals("up");
    }

    private String oneOf(String what, Optional<String> value, String first, String second) {
        String said = value.orElse(first);
        if (!said.equals(first) && !said.equals(second)) {
            throw new DomainXmlException(
                    what + " of " + describe() + " is " + quote(said) + ": expected '" + first + "' or '" + second + "'");
        }
        return said;
    }

    private int queues() {
        return tryQueues().orElseThrow(() -> new DomainXmlException("<driver queues> of " + describe() + " is "
                + quote(queues.orElseThrow()) + ": expected a number from 1 to " + MAX_QUEUES));
    }

    /** Empty for a value that is no number of queues. libvirt reads 0 as not given, and does not write it. */
    private Optional<Integer> tryQueues() {
        String digits = queues.orElse("1");
        if (digits.isEmpty() || digits.length() > 3 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Optional.empty();
        }
        int number = Integer.parseInt(digits);
        return number > MAX_QUEUES ? Optional.empty() : Optional.of(Math.max(1, number));
    }

    /** Running NICs of type network name their bridge as well: the network is what the user wrote. */
    private Optional<String> onceSource() {
        Optional<String> network = once("network");
        return network.or(() -> cursor.attribute("bridge"))
                .or(() -> cursor.attribute("dev"))
                .or(() -> cursor.attribute("path"));
    }

    private Optional<String> once(String attribute) {
        if (!seen.add(cursor.localName())) {
            throw new DomainXmlException(describe() + " has two <" + cursor.localName() + "> elements: expected one");
        }
        return cursor.attribute(attribute);
    }

    private String describe() {
        String by = target.map(dev -> " with <target dev> " + quote(dev))
                .or(() -> mac.map(address -> " with <mac address> " + quote(address)))
                .orElse("");
        return "<interface> of type " + quote(type) + by;
    }

    static MacAddress mac(String what, String text) {
        return tryMac(text).orElseThrow(() -> new DomainXmlException(
                what + " is " + quote(text) + ": expected six octets such as 52:54:00:12:34:56"));
    }

    private static Optional<MacAddress> tryMac(String text) {
        try {
            return Optional.of(new MacAddress(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
