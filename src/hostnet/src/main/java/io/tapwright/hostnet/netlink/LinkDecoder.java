package io.tapwright.hostnet.netlink;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.Link;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one RTM_NEWLINK or RTM_DELLINK of family AF_UNSPEC; made for one message. */
public final class LinkDecoder {

    private static final int IFLA_TUN_OWNER = 1;
    private static final int IFLA_TUN_GROUP = 2;
    private static final int IFLA_TUN_TYPE = 3;
    private static final int IFLA_TUN_VNET_HDR = 5;
    private static final int IFLA_TUN_PERSIST = 6;
    private static final int IFLA_TUN_MULTI_QUEUE = 7;
    private static final int IFLA_TUN_NUM_QUEUES = 8;
    /** IFF_TAP of linux/if_tun.h as IFLA_TUN_TYPE gives it. */
    private static final int TYPE_TAP = 2;
    private static final int IFLA_BRPORT_STATE = 1;
    private static final int IFLA_INET6_CONF = 2;
    /** DEVCONF_DISABLE_IPV6 of linux/ipv6.h: its place in IFLA_INET6_CONF. */
    private static final int DEVCONF_DISABLE_IPV6 = 26;

    private final List<String> altNames = new ArrayList<>();
    private String name = "";
    private String kind = "";
    private Optional<MacAddress> mac = Optional.empty();
    private int mtu;
    private boolean carrier;
    private int master = Link.NO_MASTER;
    private int lower;
    private boolean lowerIsElsewhere;
    private String alias = "";
    private int group;
    private boolean ipv6Disabled = true;
    private Optional<Link.Tun> tun = Optional.empty();
    private Optional<Link.BridgePort> port = Optional.empty();
    private Optional<Link.Counters> counters = Optional.empty();

    private final boolean withCounters;

    private LinkDecoder(boolean withCounters) {
        this.withCounters = withCounters;
    }

    /**
     * The device without counters, or empty where its name is one that {@link InterfaceName} does not accept: the kernel takes any
     * bytes, and what nobody can configure by name is of no interest.
     */
    public static Optional<Link> decode(Message message) {
        return new LinkDecoder(false).read(message);
    }

    /** Like {@link #decode}, with {@link Link#counters()}. */
    public static Optional<Link> decodeWithCounters(Message message) {
        return new LinkDecoder(true).read(message);
    }

    private Optional<Link> read(Message message) {
        AttributeReader attributes = message.attributes(LinkMessage.HEADER);
        while (attributes.next()) {
            read(attributes);
        }
        if (name == null || InterfaceName.fault(name) != null) {
            return Optional.empty();
        }
        boolean up = (message.s32(LinkMessage.FLAGS_AT) & LinkMessage.IFF_UP) != 0;
        return Optional.of(new Link(LinkMessage.indexOf(message), new InterfaceName(name), kind, mac, mtu, up, carrier, master,
                lowerIsElsewhere ? 0 : lower, alias, group, altNames, ipv6Disabled, tun, port, counters));
    }

    private void read(AttributeReader attribute) {
        switch (attribute.type()) {
            case LinkMessage.IFLA_IFNAME -> name = attribute.strictString();
            case LinkMessage.IFLA_ADDRESS -> mac = attribute.length() == MacAddress.LENGTH
                    ? Optional.of(LinkMessage.mac(attribute)) : Optional.empty();
            case LinkMessage.IFLA_MTU -> mtu = attribute.s32();
            case LinkMessage.IFLA_MASTER -> master = attribute.s32();
            case LinkMessage.IFLA_LINK -> lower = attribute.s32();
            case LinkMessage.IFLA_LINK_NETNSID -> lowerIsElsewhere = true;
            case LinkMessage.IFLA_CARRIER -> carrier = attribute.flag();
            case LinkMessage.IFLA_IFALIAS -> alias = attribute.string();
            case LinkMessage.IFLA_GROUP -> group = attribute.s32();
            case LinkMessage.IFLA_STATS64 -> counters = withCounters ? Optional.of(counters(attribute)) : Optional.empty();
            case LinkMessage.IFLA_LINKINFO -> readInfo(attribute.nested());
            case LinkMessage.IFLA_AF_SPEC -> readFamilies(attribute.nested());
            case LinkMessage.IFLA_PROP_LIST -> readProperties(attribute.nested());
            default -> { /* Of the many attributes of a device these are all that matter here. */ }
        }
    }

    /** IFLA_INFO_KIND comes before the data it explains. */
    private void readInfo(AttributeReader info) {
        String masterKind = "";
        while (info.next()) {
            switch (info.type()) {
                case LinkMessage.IFLA_INFO_KIND -> kind = info.string();
                case LinkMessage.IFLA_INFO_DATA -> tun = kind.equals(Link.TUN) ? Optional.of(tun(info.nested())) : Optional.empty();
                case LinkMessage.IFLA_INFO_SLAVE_KIND -> masterKind = info.string();
                case LinkMessage.IFLA_INFO_SLAVE_DATA ->
                        port = masterKind.equals(Link.BRIDGE) ? port(info.nested()) : Optional.empty();
                default -> { /* Statistics of the kind. */ }
            }
        }
    }

    private void readFamilies(AttributeReader families) {
        while (families.next()) {
            if (families.type() == Rtnetlink.AF_INET6) {
                AttributeReader inet6 = families.nested();
                while (inet6.next()) {
                    if (inet6.type() == IFLA_INET6_CONF) {
                        ipv6Disabled = inet6.s32At(DEVCONF_DISABLE_IPV6) != 0;
                    }
                }
            }
        }
    }

    private void readProperties(AttributeReader properties) {
        while (properties.next()) {
            if (properties.type() == LinkMessage.IFLA_ALT_IFNAME) {
                altNames.add(properties.string());
            }
        }
    }

    private static Link.Tun tun(AttributeReader data) {
        boolean tap = false;
        boolean multiQueue = false;
        boolean vnetHdr = false;
        boolean persistent = false;
        int owner = -1;
        int ownerGroup = -1;
        int queues = -1;
        while (data.next()) {
            switch (data.type()) {
                case IFLA_TUN_OWNER -> owner = data.s32();
                case IFLA_TUN_GROUP -> ownerGroup = data.s32();
                case IFLA_TUN_TYPE -> tap = data.u8() == TYPE_TAP;
                case IFLA_TUN_VNET_HDR -> vnetHdr = data.flag();
                case IFLA_TUN_PERSIST -> persistent = data.flag();
                case IFLA_TUN_MULTI_QUEUE -> multiQueue = data.flag();
                case IFLA_TUN_NUM_QUEUES -> queues = data.s32();
                default -> { /* Packet information, always off here, and queues switched off by their owner. */ }
            }
        }
        return new Link.Tun(tap, multiQueue, vnetHdr, persistent, owner, ownerGroup, queues);
    }

    private static Optional<Link.BridgePort> port(AttributeReader data) {
        Link.BridgePort.State[] states = Link.BridgePort.State.values();
        while (data.next()) {
            if (data.type() == IFLA_BRPORT_STATE && data.u8() < states.length) {
                return Optional.of(new Link.BridgePort(states[data.u8()]));
            }
        }
        return Optional.empty();
    }

    /** struct rtnl_link_stats64: packets, bytes, errors and drops, received before sent each. */
    private static Link.Counters counters(AttributeReader stats) {
        return new Link.Counters(stats.u64At(0), stats.u64At(1), stats.u64At(2), stats.u64At(3),
                stats.u64At(4), stats.u64At(5), stats.u64At(6), stats.u64At(7));
    }
}
