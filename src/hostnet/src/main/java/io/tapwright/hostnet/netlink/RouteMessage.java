package io.tapwright.hostnet.netlink;

import io.tapwright.model.IpPrefix;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/** Requests about routes: {@code struct rtmsg} and the RTA_* of linux/rtnetlink.h. */
public final class RouteMessage {

    /** struct rtmsg: u8 family, destination length, source length, tos, table, protocol, scope, type; u32 flags. */
    static final int HEADER = 12;
    private static final int DESTINATION_LENGTH_AT = 1;
    private static final int TOS_AT = 3;
    private static final int TABLE_AT = 4;
    private static final int PROTOCOL_AT = 5;
    private static final int SCOPE_AT = 6;
    private static final int TYPE_AT = 7;
    private static final int FLAGS_AT = 8;

    private static final int RTN_UNICAST = 1;
    private static final int RTN_LOCAL = 2;
    private static final int RTM_F_CLONED = 0x200;
    private static final int RTNH_F_ONLINK = 4;
    /** RT_TABLE_UNSPEC: the number is in RTA_TABLE. */
    private static final int IN_ATTRIBUTE = 0;

    private static final int RTA_DST = 1;
    private static final int RTA_IIF = 3;
    private static final int RTA_OIF = 4;
    private static final int RTA_GATEWAY = 5;
    private static final int RTA_PRIORITY = 6;
    private static final int RTA_PREFSRC = 7;
    private static final int RTA_MULTIPATH = 9;
    private static final int RTA_CACHEINFO = 12;
    private static final int RTA_TABLE = 15;
    private static final int RTA_VIA = 18;
    private static final int RTA_EXPIRES = 23;
    private static final int RTA_NH_ID = 30;

    /** struct rta_cacheinfo: the third member is what is left of the route's life, in USER_HZ of 1/100 s. */
    private static final int EXPIRES_INDEX = 2;
    private static final int USER_HZ = 100;

    private RouteMessage() {
    }

    /**
     * A route and everything else the kernel said of it (metrics, preference, encapsulation), so that it can be put on
     * another device as it was.
     *
     * @param shared  it also leads through other devices, or through a next hop object, and so can't be moved
     * @param message payload of the RTM_NEWROUTE
     */
    public record Carried(Route route, boolean shared, byte[] message) {
    }

    /** Asks for the routes of one family through one device; kernels that don't filter answer with all. */
    public static void dump(MessageWriter to, int family, int index) {
        to.begin(Rtnetlink.RTM_GETROUTE, Netlink.NLM_F_DUMP).u8(family);
        for (int i = 1; i < HEADER; i++) {
            to.u8(0);
        }
        to.attribute(RTA_OIF, index).end();
    }

    /** The route, or empty where it is none of this family, no unicast route, or not through this device. */
    public static Optional<Carried> decode(Message message, int family, LinkRef through) {
        return isOf(message, family, RTN_UNICAST) ? read(message, family, through) : Optional.empty();
    }

    /** The host's own address for which this route delivers what arrives, or empty where it is none of those. */
    public static Optional<InetAddress> localAddress(Message message, int family, LinkRef on) {
        return isOf(message, family, RTN_LOCAL)
                ? read(message, family, on).map(carried -> carried.route().destination().address())
                : Optional.empty();
    }

    private static boolean isOf(Message message, int family, int type) {
        return message.type() == Rtnetlink.RTM_NEWROUTE && message.u8(0) == family && message.u8(TYPE_AT) == type
                && (message.s32(FLAGS_AT) & RTM_F_CLONED) == 0;
    }

    private static Optional<Carried> read(Message message, int family, LinkRef through) {
        boolean matches = false;
        boolean shared = false;
        boolean onLink = (message.s32(FLAGS_AT) & RTNH_F_ONLINK) != 0;
        InetAddress destination = anything(family);
        Optional<InetAddress> gateway = Optional.empty();
        Optional<InetAddress> source = Optional.empty();
        int table = message.u8(TABLE_AT);
        long metric = 0;
        AttributeReader attributes = message.attributes(HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case RTA_DST -> destination = attributes.address();
                case RTA_OIF -> matches |= attributes.s32() == through.index();
                case RTA_GATEWAY -> gateway = Optional.of(attributes.address());
                case RTA_VIA -> gateway = Optional.of(via(attributes));
                case RTA_PREFSRC -> source = Optional.of(attributes.address());
                case RTA_TABLE -> table = attributes.s32();
                case RTA_PRIORITY -> metric = attributes.u32();
                case RTA_NH_ID -> shared = true;
                case RTA_MULTIPATH -> {
                    shared = true;
                    matches |= isHop(attributes.slice(), through.index());
                }
                default -> { /* Carried along in the bytes. */ }
            }
        }
        int length = message.u8(DESTINATION_LENGTH_AT);
        if (length > destination.getAddress().length * 8) {
            throw new MalformedMessageException("route with a prefix length of " + length);
        }
        byte[] bytes = new byte[message.end() - message.start()];
        message.bytes().get(message.start(), bytes);
        Route route = new Route(new IpPrefix(destination, length), gateway, source, table, message.u8(PROTOCOL_AT),
                message.u8(SCOPE_AT), metric, onLink);
        return matches ? Optional.of(new Carried(route, shared, bytes)) : Optional.empty();
    }

    /** Adds a route as it was on another device, behind any that are equal but for the device. */
    public static void add(MessageWriter to, LinkRef through, Carried carried) {
        copy(to, Rtnetlink.RTM_NEWROUTE, Netlink.NLM_F_CREATE | Netlink.NLM_F_APPEND, through, carried);
    }

    /** Removes it from a device that has it as it was carried; ESRCH where it is gone. */
    public static void remove(MessageWriter to, LinkRef through, Carried carried) {
        copy(to, Rtnetlink.RTM_DELROUTE, 0, through, carried);
    }

    /** A route of which no more is known than its record. */
    public static Carried carry(Route route) {
        boolean ipv6 = route.destination().isIpv6();
        MessageWriter to = new MessageWriter(ByteBuffer.allocate(256));
        to.u8(ipv6 ? Rtnetlink.AF_INET6 : Rtnetlink.AF_INET).u8(route.destination().length()).u8(0).u8(0)
                .u8(IN_ATTRIBUTE).u8(route.protocol()).u8(route.scope()).u8(RTN_UNICAST).u32(route.onLink() ? RTNH_F_ONLINK : 0);
        if (route.destination().length() > 0) {
            to.attribute(RTA_DST, route.destination().address());
        }
        route.gateway().ifPresent(gateway -> {
            byte[] octets = gateway.getAddress();
            if (octets.length == route.destination().address().getAddress().length) {
                to.attribute(RTA_GATEWAY, octets);
            } else {
                to.attribute(RTA_VIA, ByteBuffer.allocate(2 + octets.length).order(ByteOrder.nativeOrder())
                        .putShort((short) (octets.length == 16 ? Rtnetlink.AF_INET6 : Rtnetlink.AF_INET)).put(octets).array());
            }
        });
        route.source().ifPresent(source -> to.attribute(RTA_PREFSRC, source));
        to.attribute(RTA_TABLE, route.table());
        if (route.metric() != 0) {
            to.attribute(RTA_PRIORITY, (int) route.metric());
        }
        return new Carried(route, false, to.written());
    }

    private static void copy(MessageWriter to, int type, int flags, LinkRef through, Carried carried) {
        ByteBuffer bytes = ByteBuffer.wrap(carried.message()).order(ByteOrder.nativeOrder());
        to.begin(type, flags).u8(bytes.get(0)).u8(bytes.get(DESTINATION_LENGTH_AT)).u8(0).u8(bytes.get(TOS_AT))
                .u8(IN_ATTRIBUTE).u8(bytes.get(PROTOCOL_AT)).u8(bytes.get(SCOPE_AT)).u8(bytes.get(TYPE_AT))
                .u32(carried.route().onLink() ? RTNH_F_ONLINK : 0);
        AttributeReader attributes = new AttributeReader(bytes, HEADER, bytes.capacity());
        while (attributes.next()) {
            switch (attributes.type()) {
                case RTA_OIF, RTA_IIF, RTA_TABLE -> { /* The device changes, the table is written below. */ }
                case RTA_CACHEINFO -> {
                    int expires = attributes.s32At(EXPIRES_INDEX);
                    if (expires > 0 && type == Rtnetlink.RTM_NEWROUTE) {
                        to.attribute(RTA_EXPIRES, Math.max(1, expires / USER_HZ));
                    }
                }
                default -> to.attribute(attributes.type(), attributes.slice());
            }
        }
        to.attribute(RTA_TABLE, carried.route().table());
        to.attribute(RTA_OIF, through.index()).end();
    }

    /** struct rtvia: u16 family, the address. */
    private static InetAddress via(AttributeReader attribute) {
        byte[] value = attribute.octets();
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(value, 2, Math.max(2, value.length)));
        } catch (UnknownHostException e) {
            throw new MalformedMessageException("next hop of " + value.length + " bytes");
        }
    }

    /** struct rtnexthop, one after the other: u16 length, u8 flags, u8 hops, s32 index, then attributes. */
    private static boolean isHop(ByteBuffer hops, int index) {
        hops.order(ByteOrder.nativeOrder());
        int at = 0;
        while (hops.capacity() - at >= 8) {
            int length = hops.getShort(at) & 0xffff;
            if (length < 8 || length > hops.capacity() - at) {
                throw new MalformedMessageException("next hop claims " + length + " bytes");
            }
            if (hops.getInt(at + 4) == index) {
                return true;
            }
            at += Netlink.align(length);
        }
        return false;
    }

    private static InetAddress anything(int family) {
        try {
            return InetAddress.getByAddress(new byte[family == Rtnetlink.AF_INET6 ? 16 : 4]);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }
}
