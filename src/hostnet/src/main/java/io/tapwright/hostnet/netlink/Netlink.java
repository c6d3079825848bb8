package io.tapwright.hostnet.netlink;

/** The numbers of linux/netlink.h. */
public final class Netlink {

    /** Protocol number of rtnetlink. */
    public static final int NETLINK_ROUTE = 0;

    /** struct nlmsghdr: u32 length, u16 type, u16 flags, u32 sequence, u32 port. */
    public static final int HEADER = 16;
    static final int LENGTH_AT = 0;
    static final int TYPE_AT = 4;
    static final int FLAGS_AT = 6;
    static final int SEQUENCE_AT = 8;

    /** struct nlattr: u16 length (without padding), u16 type. */
    static final int ATTRIBUTE_HEADER = 4;
    static final int NLA_F_NESTED = 0x8000;
    /** NLA_TYPE_MASK: the type without NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
    static final int NLA_TYPE_MASK = 0x3fff;

    public static final int NLMSG_NOOP = 1;
    public static final int NLMSG_ERROR = 2;
    public static final int NLMSG_DONE = 3;
    public static final int NLMSG_OVERRUN = 4;

    public static final int NLM_F_REQUEST = 0x1;
    public static final int NLM_F_MULTI = 0x2;
    public static final int NLM_F_ACK = 0x4;
    /** The table changed while it was dumped. */
    public static final int NLM_F_DUMP_INTR = 0x10;
    /** NLM_F_ROOT | NLM_F_MATCH. */
    public static final int NLM_F_DUMP = 0x300;
    public static final int NLM_F_REPLACE = 0x100;
    public static final int NLM_F_EXCL = 0x200;
    public static final int NLM_F_CREATE = 0x400;
    public static final int NLM_F_APPEND = 0x800;
    /** In an NLMSG_ERROR: the request is not repeated beyond its header. */
    static final int NLM_F_CAPPED = 0x100;
    /** In an NLMSG_ERROR or NLMSG_DONE: attributes follow. */
    static final int NLM_F_ACK_TLVS = 0x200;
    static final int NLMSGERR_ATTR_MSG = 1;

    private Netlink() {
    }

    /** NLMSG_ALIGN and NLA_ALIGN: up to the next multiple of 4. */
    static int align(int length) {
        return length + 3 & ~3;
    }
}
