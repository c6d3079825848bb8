package io.tapwright.hostnet.netlink;

/** The numbers of linux/rtnetlink.h that more than one message uses. */
public final class Rtnetlink {

    public static final int RTM_NEWLINK = 16;
    public static final int RTM_DELLINK = 17;
    static final int RTM_GETLINK = 18;
    static final int RTM_NEWADDR = 20;
    static final int RTM_DELADDR = 21;
    static final int RTM_GETADDR = 22;
    static final int RTM_NEWROUTE = 24;
    static final int RTM_DELROUTE = 25;
    static final int RTM_GETROUTE = 26;
    static final int RTM_NEWLINKPROP = 108;
    static final int RTM_DELLINKPROP = 109;

    /** The multicast group of RTM_NEWLINK and RTM_DELLINK: RTMGRP_LINK, the bit of RTNLGRP_LINK. */
    public static final int RTMGRP_LINK = 1;

    static final int AF_UNSPEC = 0;
    public static final int AF_INET = 2;
    public static final int AF_BRIDGE = 7;
    public static final int AF_INET6 = 10;

    private Rtnetlink() {
    }
}
