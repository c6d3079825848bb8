package io.tapwright.hostnet.netlink;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.LinkRef;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Requests about addresses: {@code struct ifaddrmsg} and the IFA_* of linux/if_addr.h. */
public final class AddressMessage {

    /** struct ifaddrmsg: u8 family, u8 prefix length, u8 flags, u8 scope, u32 index. */
    static final int HEADER = 8;
    private static final int LENGTH_AT = 1;
    private static final int SCOPE_AT = 3;
    private static final int INDEX_AT = 4;

    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_LABEL = 3;
    private static final int IFA_CACHEINFO = 6;
    private static final int IFA_FLAGS = 8;
    private static final int IFA_PROTO = 11;

    /** The address was in use on this host a moment ago: no need to look for another user of it and fall silent. */
    private static final int IFA_F_NODAD = 0x02;
    private static final int IFA_F_HOMEADDRESS = 0x10;
    private static final int IFA_F_MANAGETEMPADDR = 0x100;
    private static final int IFA_F_NOPREFIXROUTE = 0x200;
    private static final int IFA_F_MCAUTOJOIN = 0x400;
    /** What a program may set; the other flags are the kernel's findings. */
    private static final int SETTABLE =
            IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;

    private AddressMessage() {
    }

    /**
     * An address and everything else the kernel said of it (broadcast, peer, label, priority), so that it can be put on
     * another device as it was.
     *
     * @param on      the device it was read from
     * @param message payload of the RTM_NEWADDR
     */
    public record Carried(Address address, LinkRef on, byte[] message) {
    }

    /** Asks for the addresses of one family on one device; kernels that don't filter answer with all. */
    public static void dump(MessageWriter to, int family, int index) {
        to.begin(Rtnetlink.RTM_GETADDR, Netlink.NLM_F_DUMP).u8(family).u8(0).u8(0).u8(0).u32(index).end();
    }

    public static boolean isAbout(Message message, int family, int index) {
        return message.type() == Rtnetlink.RTM_NEWADDR && message.u8(0) == family && message.s32(INDEX_AT) == index;
    }

    public static Carried decode(Message message, LinkRef on) {
        InetAddress address = null;
        InetAddress local = null;
        int flags = message.u8(2);
        int protocol = 0;
        Address.Lifetimes lifetimes = Address.FOREVER;
        AttributeReader attributes = message.attributes(HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case IFA_ADDRESS -> address = attributes.address();
                case IFA_LOCAL -> local = attributes.address();
                case IFA_FLAGS -> flags = attributes.s32();
                case IFA_PROTO -> protocol = attributes.u8();
                case IFA_CACHEINFO -> lifetimes = new Address.Lifetimes(
                        Integer.toUnsignedLong(attributes.s32At(0)), Integer.toUnsignedLong(attributes.s32At(1)));
                default -> { /* Carried along in the bytes. */ }
            }
        }
        InetAddress own = local != null ? local : address;
        if (own == null || message.u8(LENGTH_AT) > own.getAddress().length * 8) {
            throw new MalformedMessageException("address message without an address, or with a prefix length of "
                    + message.u8(LENGTH_AT));
        }
        byte[] bytes = new byte[message.end() - message.start()];
        message.bytes().get(message.start(), bytes);
        return new Carried(new Address(new IpPrefix(own, message.u8(LENGTH_AT)), message.u8(SCOPE_AT), flags, protocol, lifetimes),
                on, bytes);
    }

    /** Adds an address; EEXIST where it is there. */
    public static void add(MessageWriter to, LinkRef on, Address address) {
        write(to, Rtnetlink.RTM_NEWADDR, Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL, on, carry(address, on), 0);
    }

    /** Removes an address; EADDRNOTAVAIL where it is gone. */
    public static void remove(MessageWriter to, LinkRef on, Address address) {
        write(to, Rtnetlink.RTM_DELADDR, 0, on, carry(address, on), 0);
    }

    /** Adds an address as it was on another device, without a search for duplicates; EEXIST where it is there. */
    public static void add(MessageWriter to, LinkRef on, Carried carried) {
        write(to, Rtnetlink.RTM_NEWADDR, Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL, on, carried,
                carried.address().prefix().isIpv6() ? IFA_F_NODAD : 0);
    }

    /** Removes it from a device that has it as it was carried. */
    public static void remove(MessageWriter to, LinkRef on, Carried carried) {
        write(to, Rtnetlink.RTM_DELADDR, 0, on, carried, 0);
    }

    /** An address of which no more is known than its record. */
    public static Carried carry(Address address, LinkRef on) {
        IpPrefix prefix = address.prefix();
        MessageWriter to = new MessageWriter(ByteBuffer.allocate(64));
        header(to, prefix.isIpv6() ? Rtnetlink.AF_INET6 : Rtnetlink.AF_INET, prefix.length(), address, on);
        to.attribute(IFA_LOCAL, prefix.address()).attribute(IFA_ADDRESS, prefix.address());
        return new Carried(address, on, to.written());
    }

    private static void write(MessageWriter to, int type, int flags, LinkRef on, Carried carried, int extraFlags) {
        Address address = carried.address();
        ByteBuffer bytes = ByteBuffer.wrap(carried.message()).order(ByteOrder.nativeOrder());
        AttributeReader attributes = new AttributeReader(bytes, HEADER, bytes.capacity());
        header(to.begin(type, flags), bytes.get(0), address.prefix().length(), address, on);
        while (attributes.next()) {
            switch (attributes.type()) {
                case IFA_CACHEINFO, IFA_FLAGS, IFA_PROTO -> { /* Written anew below. */ }
                case IFA_LABEL -> to.attribute(IFA_LABEL, label(attributes.string(), carried.on().name(), on.name()));
                default -> to.attribute(attributes.type(), attributes.slice());
            }
        }
        end(to, address, address.flags() | extraFlags);
    }

    /** A label is the device's name, or begins with it ({@code eth0:1}). */
    private static String label(String label, InterfaceName from, InterfaceName to) {
        String moved = label.startsWith(from.text()) ? to.text() + label.substring(from.text().length()) : label;
        return InterfaceName.MAX_BYTES < moved.length() ? to.text() : moved;
    }

    private static void header(MessageWriter to, int family, int length, Address address, LinkRef on) {
        to.u8(family).u8(length).u8(address.flags() & SETTABLE & 0xff).u8(address.scope()).u32(on.index());
    }

    private static void end(MessageWriter to, Address address, int flags) {
        to.attribute(IFA_FLAGS, flags & SETTABLE);
        if (address.protocol() != 0) {
            to.attributeByte(IFA_PROTO, address.protocol());
        }
        if (!address.lifetimes().equals(Address.FOREVER)) {
            to.attribute(IFA_CACHEINFO, cacheInfo(address.lifetimes()));
        }
        to.end();
    }

    /** struct ifa_cacheinfo: u32 preferred, u32 valid, and two time stamps that the kernel sets. */
    private static byte[] cacheInfo(Address.Lifetimes lifetimes) {
        ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
        bytes.putInt((int) lifetimes.preferredSeconds()).putInt((int) lifetimes.validSeconds());
        return bytes.array();
    }
}
