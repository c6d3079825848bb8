package io.tapwright.testkit.libvirt;

import io.tapwright.model.DomainId;
import io.tapwright.model.MacAddress;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** A domain, word by word; what a word does not say is as libvirt has it by default. */
public final class DomainBuilder {

    private final String name;
    private final DomainId id;
    private final List<InterfaceSpec> interfaces = new ArrayList<>();
    private final Map<MacAddress, String> networks = new HashMap<>();

    private boolean sharedMemory;

    private DomainBuilder(String name, DomainId id) {
        this.name = name;
        this.id = id;
    }

    /** A domain whose UUID comes of its name. */
    public static DomainBuilder domain(String name) {
        return new DomainBuilder(name, new DomainId(UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8))));
    }

    /** The same domain under another name. */
    public DomainBuilder renamed(String newName) {
        DomainBuilder renamed = new DomainBuilder(newName, id);
        renamed.interfaces.addAll(interfaces);
        renamed.networks.putAll(networks);
        renamed.sharedMemory = sharedMemory;
        return renamed;
    }

    /** A NIC that Tapwright wires. */
    public static InterfaceSpec nicOf(MacAddress mac, String target, int queues, boolean linkUp) {
        return new InterfaceSpec(InterfaceSpec.ETHERNET, mac, Optional.ofNullable(target), false, queues, linkUp,
                Optional.empty(), Optional.empty());
    }

    /** 52:54:00:00:00:NN. */
    public static MacAddress mac(int last) {
        return new MacAddress("52:54:00:00:%02x:%02x".formatted(last >> 8 & 255, last & 255));
    }

    public DomainBuilder nic(int mac, String target) {
        return with(nicOf(mac(mac), target, 1, true));
    }

    public DomainBuilder nicWithQueues(int mac, String target, int queues) {
        return with(nicOf(mac(mac), target, queues, true));
    }

    public DomainBuilder nicSetDown(int mac, String target) {
        return with(nicOf(mac(mac), target, 1, false));
    }

    /** A NIC that libvirt wires by itself. */
    public DomainBuilder bridgeNic(int mac, String target, String bridge) {
        return with(new InterfaceSpec("bridge", mac(mac), Optional.ofNullable(target), true, 1, true,
                Optional.of(bridge), Optional.empty()));
    }

    /** A NIC of type vhostuser, QEMU connecting to the switch. */
    public DomainBuilder vhostNic(int mac, String socket) {
        return with(vhostNicOf(mac(mac), socket, true));
    }

    /** @param listen true for {@code mode='client'} */
    public static InterfaceSpec vhostNicOf(MacAddress mac, String socket, boolean listen) {
        return new InterfaceSpec(InterfaceSpec.VHOST_USER, mac, Optional.empty(), true, 1, true, Optional.of(socket),
                Optional.empty(), Optional.of(new InterfaceSpec.VhostUser(socket, listen)));
    }

    public DomainBuilder sharingMemory() {
        sharedMemory = true;
        return this;
    }

    public DomainBuilder with(InterfaceSpec nic) {
        interfaces.add(nic);
        return this;
    }

    /** The domain's own assignment of a NIC. */
    public DomainBuilder on(int mac, String network) {
        networks.put(mac(mac), network);
        return this;
    }

    public DomainSpec spec() {
        return new DomainSpec(id, name, interfaces, networks, sharedMemory);
    }
}
