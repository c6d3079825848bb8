package io.tapwright.testkit.net;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.Mark;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The kernel's rules about devices, without a kernel. Not safe for threads: {@link FakeHostNetwork} holds its lock
 * around every call. Each change notes in {@link #takeChanged()} whom a monitor would have heard of.
 */
final class FakeKernel {

    /** BR_MAX_PORTS of net/bridge/br_private.h is 1024; port number 0 is never given out. */
    static final int MOST_PORTS = 1023;
    /** ETH_MIN_MTU of linux/if_ether.h. */
    private static final int LEAST_MTU = 68;
    /** MAX_MTU of drivers/net/tun.c less an Ethernet header. */
    private static final int MOST_TAP_MTU = 65521;
    /** ETH_MAX_MTU of linux/if_ether.h. */
    private static final int MOST_MTU = 65535;

    private final Map<Integer, FakeDevice> devices = new LinkedHashMap<>();
    private final Set<LinkRef> changed = new LinkedHashSet<>();
    private int lastIndex;

    FakeKernel() {
        FakeDevice loopback = add(FakeDevice.other(++lastIndex, new InterfaceName("lo"), ""), "boot");
        loopback.mac = Optional.of(new MacAddress("00:00:00:00:00:00"));
        loopback.mtu = 65536;
        changed.clear();
    }

    /** The devices that were made, changed or deleted since the last call, in that order. */
    List<LinkRef> takeChanged() {
        List<LinkRef> taken = List.copyOf(changed);
        changed.clear();
        return taken;
    }

    List<FakeDevice> all() {
        return List.copyOf(devices.values());
    }

    Optional<FakeDevice> find(int index) {
        return Optional.ofNullable(devices.get(index));
    }

    /** By name or alternative name, as the kernel's own table of names does it. */
    Optional<FakeDevice> find(String name) {
        return devices.values().stream().filter(d -> d.isNamed(name)).findFirst();
    }

    FakeDevice require(LinkRef link, String operation) {
        return find(link.index()).orElseThrow(() -> new HostNetworkException(operation, Errno.ENODEV));
    }

    Link snapshot(FakeDevice device, boolean withCounters) {
        return device.snapshot(hasCarrier(device), portOf(device), withCounters);
    }

    FakeDevice addDevice(InterfaceName name, String kind) {
        FakeDevice device = add(FakeDevice.other(++lastIndex, name, kind), "create " + name);
        device.mac = Optional.of(generated(device.index));
        return device;
    }

    void createTap(HostAction.CreateTap action) {
        FakeDevice tap = add(FakeDevice.tap(++lastIndex, action.device(), action.multiQueue(), action.owner()),
                "create tap " + action.device());
        tap.mac = Optional.of(generated(tap.index));
        try {
            change(tap, action.settings(), "create tap " + action.device());
        } catch (HostNetworkException e) {
            devices.remove(tap.index);
            throw e;
        }
    }

    void createBridge(HostAction.CreateBridge action) {
        String operation = "create bridge " + action.device();
        requireMtu(action.mtu(), MOST_MTU, operation);
        FakeDevice bridge = add(FakeDevice.other(++lastIndex, action.device(), Link.BRIDGE), operation);
        bridge.mac = Optional.of(action.mac());
        bridge.mtu = action.mtu();
        bridge.alias = action.alias();
        bridge.up = true;
    }

    void delete(LinkRef link) {
        FakeDevice device = devices.get(link.index());
        if (device == null) {
            return;
        }
        if (device.kind.isEmpty()) {
            throw new HostNetworkException("delete " + link, Errno.EOPNOTSUPP);
        }
        devices.remove(device.index);
        changed.add(device.ref());
        devices.values().stream().filter(d -> d.master == device.index).forEach(port -> {
            port.master = Link.NO_MASTER;
            changed.add(port.ref());
        });
        all().stream().filter(d -> d.lower == device.index).forEach(upper -> delete(upper.ref()));
    }

    /** Checks everything before it sets anything: whole or not at all. */
    void change(FakeDevice device, LinkChange change, String operation) {
        change.mac().ifPresent(mac -> requireUnicast(mac, operation));
        change.mtu().ifPresent(mtu -> requireMtu(mtu, device.isTap() ? MOST_TAP_MTU : MOST_MTU, operation));
        change.alias().ifPresent(alias -> requireAlias(alias, operation));
        change.master().filter(m -> m != Link.NO_MASTER).ifPresent(m -> requireBridgeable(device, m, operation));
        change.mac().ifPresent(mac -> device.mac = Optional.of(mac));
        change.mtu().ifPresent(mtu -> device.mtu = mtu);
        change.alias().ifPresent(alias -> device.alias = alias);
        change.master().ifPresent(m -> setMaster(device, m));
        change.up().ifPresent(up -> device.up = up);
        device.ipv6Off |= change.ipv6Off();
        changed.add(device.ref());
    }

    void rename(FakeDevice device, InterfaceName to, String operation) {
        if (find(to.text()).isPresent()) {
            throw new HostNetworkException(operation, Errno.EEXIST);
        }
        device.name = to;
        changed.add(device.ref());
    }

    void addAltName(FakeDevice device, String altName, String operation) {
        if (find(altName).isPresent()) {
            throw new HostNetworkException(operation, Errno.EEXIST);
        }
        device.altNames.add(altName);
        changed.add(device.ref());
    }

    void addAddress(FakeDevice device, Address address) {
        if (device.addresses.stream().noneMatch(a -> a.prefix().equals(address.prefix()))) {
            device.addresses.add(address);
        }
    }

    void removeAddress(FakeDevice device, Address address) {
        device.addresses.removeIf(a -> a.prefix().equals(address.prefix()));
    }

    /** Moves what the kernel did not make itself from one device to the other. */
    void moveLayer3(FakeDevice from, FakeDevice to, List<Address> addresses, List<Route> routes) {
        for (Address address : addresses) {
            if (!address.isKernelMade()) {
                removeAddress(from, address);
                addAddress(to, address);
            }
        }
        for (Route route : routes) {
            if (!route.isKernelMade() && from.routes.remove(route)) {
                to.routes.add(route);
            }
        }
    }

    private FakeDevice add(FakeDevice device, String operation) {
        if (find(device.name.text()).isPresent()) {
            throw new HostNetworkException(operation, Errno.EEXIST);
        }
        devices.put(device.index, device);
        changed.add(device.ref());
        return device;
    }

    private void setMaster(FakeDevice device, int master) {
        for (int bridge : new int[] {device.master, master}) {
            find(bridge).ifPresent(b -> changed.add(b.ref()));
        }
        device.master = master;
    }

    /** The refusals of do_set_master (net/core/rtnetlink.c) and br_add_if (net/bridge/br_if.c). */
    private void requireBridgeable(FakeDevice device, int master, String operation) {
        FakeDevice bridge = find(master).orElseThrow(() -> new HostNetworkException(operation, Errno.EINVAL));
        if (!bridge.isBridge()) {
            throw new HostNetworkException(operation, Errno.EOPNOTSUPP);
        }
        if (device.isBridge()) {
            throw new HostNetworkException(operation, Errno.ELOOP, "Can not enslave a bridge to a bridge");
        }
        if (device.name.text().equals("lo")) {
            throw new HostNetworkException(operation, Errno.EINVAL);
        }
        long ports = devices.values().stream().filter(d -> d.master == master && d != device).count();
        if (ports >= MOST_PORTS) {
            throw new HostNetworkException(operation, Errno.EXFULL);
        }
    }

    private Optional<Link.BridgePort> portOf(FakeDevice device) {
        return find(device.master).filter(FakeDevice::isBridge).map(bridge -> new Link.BridgePort(isForwarding(device, bridge)
                ? Link.BridgePort.State.FORWARDING : Link.BridgePort.State.DISABLED));
    }

    private static boolean isForwarding(FakeDevice port, FakeDevice bridge) {
        return port.up && port.hasOwnCarrier() && bridge.up;
    }

    /** A bridge has a carrier while it has no port at all or one that forwards. */
    private boolean hasCarrier(FakeDevice device) {
        if (!device.isBridge()) {
            return device.hasOwnCarrier();
        }
        List<FakeDevice> ports = devices.values().stream().filter(d -> d.master == device.index).toList();
        return ports.isEmpty() || ports.stream().anyMatch(port -> isForwarding(port, device));
    }

    private static void requireMtu(int mtu, int most, String operation) {
        if (mtu < LEAST_MTU || mtu > most) {
            throw new HostNetworkException(operation, Errno.EINVAL,
                    mtu < LEAST_MTU ? "mtu less than device minimum" : "mtu greater than device maximum");
        }
    }

    private static void requireUnicast(MacAddress mac, String operation) {
        if (mac.isMulticast() || mac.text().equals("00:00:00:00:00:00")) {
            throw new HostNetworkException(operation, Errno.EADDRNOTAVAIL);
        }
    }

    private static void requireAlias(String alias, String operation) {
        if (alias.getBytes(StandardCharsets.UTF_8).length > Mark.MAX_BYTES) {
            throw new HostNetworkException(operation, Errno.ERANGE);
        }
    }

    private static MacAddress generated(int index) {
        return new MacAddress("02:00:%02x:%02x:%02x:%02x".formatted(index >> 24 & 255, index >> 16 & 255, index >> 8 & 255, index & 255));
    }
}
