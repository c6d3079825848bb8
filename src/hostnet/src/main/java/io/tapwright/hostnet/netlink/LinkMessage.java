package io.tapwright.hostnet.netlink;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import java.nio.charset.StandardCharsets;

/** Requests about devices: {@code struct ifinfomsg} and the IFLA_* of linux/if_link.h. */
public final class LinkMessage {

    /** struct ifinfomsg: u8 family, u8 padding, u16 type, s32 index, u32 flags, u32 change. */
    static final int HEADER = 16;
    static final int INDEX_AT = 4;
    static final int FLAGS_AT = 8;

    static final int IFF_UP = 1;

    static final int IFLA_ADDRESS = 1;
    static final int IFLA_IFNAME = 3;
    static final int IFLA_MTU = 4;
    static final int IFLA_LINK = 5;
    static final int IFLA_MASTER = 10;
    static final int IFLA_LINKINFO = 18;
    static final int IFLA_IFALIAS = 20;
    static final int IFLA_STATS64 = 23;
    static final int IFLA_AF_SPEC = 26;
    static final int IFLA_GROUP = 27;
    static final int IFLA_EXT_MASK = 29;
    static final int IFLA_CARRIER = 33;
    static final int IFLA_LINK_NETNSID = 37;
    static final int IFLA_PROP_LIST = 52;
    static final int IFLA_ALT_IFNAME = 53;
    static final int IFLA_INFO_KIND = 1;
    static final int IFLA_INFO_DATA = 2;
    static final int IFLA_INFO_SLAVE_KIND = 4;
    static final int IFLA_INFO_SLAVE_DATA = 5;

    /** Leaves the statistics of IPv6 out, not those of the device. */
    private static final int RTEXT_FILTER_SKIP_STATS = 8;

    private LinkMessage() {
    }

    /** Asks for one device by its index. */
    public static void get(MessageWriter to, int index) {
        header(to.begin(Rtnetlink.RTM_GETLINK, 0), index, 0, 0);
        to.attribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS).end();
    }

    /** Asks for one device by its name or one of its alternative names. */
    public static void get(MessageWriter to, InterfaceName name) {
        header(to.begin(Rtnetlink.RTM_GETLINK, 0), 0, 0, 0);
        to.attribute(IFLA_IFNAME, name.text()).attribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS).end();
    }

    /** Asks for all devices. */
    public static void dump(MessageWriter to) {
        header(to.begin(Rtnetlink.RTM_GETLINK, Netlink.NLM_F_DUMP), 0, 0, 0);
        to.attribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS).end();
    }

    /** Sets what a change sets, but for IPv6, which rtnetlink has no attribute for. */
    public static void change(MessageWriter to, int index, LinkChange change) {
        header(to.begin(Rtnetlink.RTM_NEWLINK, 0), index, change.up().orElse(false) ? IFF_UP : 0,
                change.up().isPresent() ? IFF_UP : 0);
        change.mac().ifPresent(mac -> to.attribute(IFLA_ADDRESS, mac.octets()));
        change.mtu().ifPresent(mtu -> to.attribute(IFLA_MTU, mtu));
        change.alias().ifPresent(alias -> to.attribute(IFLA_IFALIAS, alias.getBytes(StandardCharsets.UTF_8)));
        change.master().ifPresent(master -> to.attribute(IFLA_MASTER, master));
        to.end();
    }

    /** Makes a bridge that has the index asked for and, because the address is named, never takes that of a port. */
    public static void createBridge(MessageWriter to, int index, HostAction.CreateBridge bridge) {
        header(to.begin(Rtnetlink.RTM_NEWLINK, Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL), index, 0, 0);
        to.attribute(IFLA_IFNAME, bridge.device().text()).attribute(IFLA_ADDRESS, bridge.mac().octets());
        int info = to.beginNest(IFLA_LINKINFO);
        to.attribute(IFLA_INFO_KIND, Link.BRIDGE).endNest(info).end();
    }

    public static void delete(MessageWriter to, int index) {
        header(to.begin(Rtnetlink.RTM_DELLINK, 0), index, 0, 0);
        to.end();
    }

    /** Deletes every device of a group. */
    public static void deleteGroup(MessageWriter to, int group) {
        header(to.begin(Rtnetlink.RTM_DELLINK, 0), 0, 0, 0);
        to.attribute(IFLA_GROUP, group).end();
    }

    public static void setGroup(MessageWriter to, int index, int group) {
        header(to.begin(Rtnetlink.RTM_NEWLINK, 0), index, 0, 0);
        to.attribute(IFLA_GROUP, group).end();
    }

    /** Renames a device; with {@code up}, raises it after that. */
    public static void rename(MessageWriter to, int index, InterfaceName name, boolean up) {
        header(to.begin(Rtnetlink.RTM_NEWLINK, 0), index, up ? IFF_UP : 0, up ? IFF_UP : 0);
        to.attribute(IFLA_IFNAME, name.text()).end();
    }

    public static void addAltName(MessageWriter to, int index, String altName) {
        altName(to, Rtnetlink.RTM_NEWLINKPROP, Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL | Netlink.NLM_F_APPEND, index, altName);
    }

    public static void removeAltName(MessageWriter to, int index, String altName) {
        altName(to, Rtnetlink.RTM_DELLINKPROP, 0, index, altName);
    }

    private static void altName(MessageWriter to, int type, int flags, int index, String altName) {
        header(to.begin(type, flags), index, 0, 0);
        int list = to.beginNest(IFLA_PROP_LIST);
        to.attribute(IFLA_ALT_IFNAME, altName).endNest(list).end();
    }

    /** The device an RTM_NEWLINK or RTM_DELLINK is about. */
    public static int indexOf(Message message) {
        return message.s32(INDEX_AT);
    }

    /** AF_UNSPEC, or AF_BRIDGE where the message is about a bridge's port rather than the whole device. */
    public static int familyOf(Message message) {
        return message.u8(0);
    }

    private static void header(MessageWriter to, int index, int flags, int change) {
        to.u8(Rtnetlink.AF_UNSPEC).u8(0).u16(0).u32(index).u32(flags).u32(change);
    }

    static MacAddress mac(AttributeReader attribute) {
        return MacAddress.of(attribute.octets());
    }
}
