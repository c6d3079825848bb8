package io.tapwright.model.domain;

import io.tapwright.model.MacAddress;
import java.util.Optional;

/**
 * One {@code <interface>} of a domain XML (libvirt: docs/formatdomain.rst, "Network interfaces").
 *
 * @param type    the {@code type} attribute: {@code ethernet}, {@code bridge}, {@code network}, {@code vhostuser}, …
 * @param mac     {@code <mac address>}
 * @param target  {@code <target dev>} as written, valid or not; empty where there is none
 * @param managed {@code <target managed>}: false only for {@code managed='no'}
 * @param queues  {@code <driver queues>}, 1 where not given
 * @param linkUp  false for {@code <link state='down'/>}
 * @param source  the bridge, network or device that {@code <source>} names
 * @param alias   {@code <alias name>}, such as {@code net0}; running domains have one
 */
public record InterfaceSpec(
        String type, MacAddress mac, Optional<String> target, boolean managed, int queues, boolean linkUp,
        Optional<String> source, Optional<String> alias) {

    public static final String ETHERNET = "ethernet";

    /** True for the NICs that Tapwright wires: type ethernet, and libvirt told to leave the device to others. */
    public boolean isOurs() {
        return type.equals(ETHERNET) && !managed;
    }

    public boolean isMultiQueue() {
        return queues > 1;
    }
}
