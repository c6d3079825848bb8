package io.tapwright.model;

import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.host.Link;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Short ways to the records that tests are made of. */
public final class Samples {

    public static final DomainId WEB = DomainId.of("6695eb01-f6a4-8304-79aa-97f2502e193f");
    public static final DomainId DB = DomainId.of("0f0f0f0f-0000-4000-8000-0000000000db");

    public static final MacAddress MAC_1 = new MacAddress("52:54:00:00:00:01");
    public static final MacAddress MAC_2 = new MacAddress("52:54:00:00:00:02");

    private Samples() {
    }

    /** A NIC that Tapwright wires. */
    public static InterfaceSpec nic(MacAddress mac, String target) {
        return new InterfaceSpec(InterfaceSpec.ETHERNET, mac, Optional.ofNullable(target), false, 1, true,
                Optional.empty(), Optional.empty());
    }

    public static InterfaceSpec nicWithQueues(MacAddress mac, String target, int queues) {
        return new InterfaceSpec(InterfaceSpec.ETHERNET, mac, Optional.of(target), false, queues, true,
                Optional.empty(), Optional.empty());
    }

    public static InterfaceSpec nicSetDown(MacAddress mac, String target) {
        return new InterfaceSpec(InterfaceSpec.ETHERNET, mac, Optional.of(target), false, 1, false,
                Optional.empty(), Optional.empty());
    }

    /** A NIC that libvirt wires by itself. */
    public static InterfaceSpec bridgeNic(MacAddress mac, String target) {
        return new InterfaceSpec("bridge", mac, Optional.ofNullable(target), true, 1, true,
                Optional.of("virbr0"), Optional.empty());
    }

    public static DomainSpec web(InterfaceSpec... nics) {
        return new DomainSpec(WEB, "web", List.of(nics), Map.of());
    }

    public static DomainSpec webOn(Map<MacAddress, String> networks, InterfaceSpec... nics) {
        return new DomainSpec(WEB, "web", List.of(nics), networks);
    }

    public static InterfaceName name(String text) {
        return new InterfaceName(text);
    }

    /** A bridge of somebody's, up. */
    public static LinkBuilder bridge(int index, String name) {
        return new LinkBuilder(index, name, Link.BRIDGE).up();
    }

    /** A tap as another program would leave it: persistent, one queue, nobody's, no mark. */
    public static LinkBuilder tap(int index, String name) {
        return new LinkBuilder(index, name, Link.TUN);
    }

    public static LinkBuilder device(int index, String name, String kind) {
        return new LinkBuilder(index, name, kind);
    }

    /** A link, changed word by word. */
    public static final class LinkBuilder {
        private final int index;
        private final String name;
        private final String kind;
        private Optional<MacAddress> mac = Optional.of(new MacAddress("02:00:00:00:00:99"));
        private int mtu = 1500;
        private boolean up;
        private boolean carrier;
        private int master;
        private String alias = "";
        private final List<String> altNames = new ArrayList<>();
        private boolean ipv6Off;
        private Link.Tun tun = new Link.Tun(true, false, true, true, -1, -1, -1);
        private Optional<Link.BridgePort> port = Optional.empty();

        private LinkBuilder(int index, String name, String kind) {
            this.index = index;
            this.name = name;
            this.kind = kind;
        }

        public LinkBuilder mac(MacAddress value) {
            mac = Optional.of(value);
            return this;
        }

        public LinkBuilder mtu(int value) {
            mtu = value;
            return this;
        }

        public LinkBuilder up() {
            up = true;
            return this;
        }

        public LinkBuilder down() {
            up = false;
            return this;
        }

        /** Some process has it open. */
        public LinkBuilder held() {
            carrier = true;
            return this;
        }

        public LinkBuilder master(int value) {
            master = value;
            return this;
        }

        public LinkBuilder port(Link.BridgePort.State state) {
            port = Optional.of(new Link.BridgePort(state));
            return this;
        }

        public LinkBuilder alias(String value) {
            alias = value;
            return this;
        }

        public LinkBuilder mark(Mark mark) {
            return alias(mark.text());
        }

        public LinkBuilder altName(String value) {
            altNames.add(value);
            return this;
        }

        public LinkBuilder ipv6Off() {
            ipv6Off = true;
            return this;
        }

        public LinkBuilder ipv6On() {
            ipv6Off = false;
            return this;
        }

        public LinkBuilder tun(boolean isTap, boolean multiQueue, boolean persistent, int owner, int group) {
            tun = new Link.Tun(isTap, multiQueue, true, persistent, owner, group, -1);
            return this;
        }

        public Link build() {
            return new Link(index, new InterfaceName(name), kind, mac, mtu, up, carrier, master, 0, alias, 0, altNames, ipv6Off,
                    kind.equals(Link.TUN) ? Optional.of(tun) : Optional.empty(), port, Optional.empty());
        }

        public Optional<Link> there() {
            return Optional.of(build());
        }
    }
}
