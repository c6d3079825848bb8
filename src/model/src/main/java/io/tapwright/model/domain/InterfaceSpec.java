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
 * @param vhostUser what only type vhostuser has; empty for the others, and where it can't be understood
 */
public record InterfaceSpec(
        String type, MacAddress mac, Optional<String> target, boolean managed, int queues, boolean linkUp,
        Optional<String> source, Optional<String> alias, Optional<VhostUser> vhostUser) {

    public static final String ETHERNET = "ethernet";
    public static final String VHOST_USER = "vhostuser";

    /** Any but type vhostuser. */
    public InterfaceSpec(String type, MacAddress mac, Optional<String> target, boolean managed, int queues, boolean linkUp,
            Optional<String> source, Optional<String> alias) {
        this(type, mac, target, managed, queues, linkUp, source, alias, Optional.empty());
    }

    /**
     * {@code <source type='unix' path= mode=>} of type vhostuser.
     *
     * @param path   of the socket, as written
     * @param listen who listens on it: true for {@code mode='client'}, where QEMU connects to the switch
     */
    public record VhostUser(String path, boolean listen) {
    }

    /** True for the NICs whose taps Tapwright makes: type ethernet, and libvirt told to leave the device to others. */
    public boolean isOurs() {
        return type.equals(ETHERNET) && !managed;
    }

    /** True also for those of which only the configuration tells: type vhostuser. */
    public boolean mayBeOurs() {
        return isOurs() || vhostUser.isPresent();
    }

    public boolean isMultiQueue() {
        return queues > 1;
    }
}
