package io.tapwright.model.host;

import io.tapwright.model.IpPrefix;

/**
 * An address on a device, as RTM_NEWADDR describes it (linux/if_addr.h).
 *
 * @param scope    RT_SCOPE_* of linux/rtnetlink.h: 0 universe, 253 link, 254 host
 * @param flags    IFA_FLAGS
 * @param protocol IFA_PROTO, who made the address (since Linux 5.18, 0 before): 0 nobody said, 1 to 3 the kernel itself
 *                 (loopback, router advertisement, IPv6 link-local), {@link #OURS} the configuration of Tapwright
 * @param lifetimes preferred and valid seconds, {@link #FOREVER} for none
 */
public record Address(IpPrefix prefix, int scope, int flags, int protocol, Lifetimes lifetimes) {

    /** Marks an address that {@code tapwright.networks.*.address} put on a bridge, so that it can be told from others. */
    public static final int OURS = 84;

    /** IFAPROT_KERNEL_LO, IFAPROT_KERNEL_RA and IFAPROT_KERNEL_LL of linux/if_addr.h. */
    private static final int KERNEL_LOOPBACK = 1;
    private static final int KERNEL_ROUTER = 2;
    private static final int KERNEL_LINK_LOCAL = 3;
    private static final int SCOPE_LINK = 253;
    /** IFA_F_TEMPORARY and IFA_F_MANAGETEMPADDR: one or the other is on what the kernel made of a router's prefix. */
    private static final int FROM_PREFIX = 0x1 | 0x100;

    /** Seconds left; 0xffffffff (INFINITY_LIFE_TIME) means for ever. */
    public record Lifetimes(long preferredSeconds, long validSeconds) {
    }

    public static final Lifetimes FOREVER = new Lifetimes(0xffffffffL, 0xffffffffL);

    public static Address ours(IpPrefix prefix) {
        return new Address(prefix, 0, 0, OURS, FOREVER);
    }

    public boolean isOurs() {
        return protocol == OURS;
    }

    /** What the kernel makes by itself wherever it can, and so need not be moved. */
    public boolean isKernelMade() {
        return protocol == KERNEL_LOOPBACK || protocol == KERNEL_LINK_LOCAL || prefix.isIpv6() && scope == SCOPE_LINK;
    }

    /** What the kernel made as a router advertised; on another device, of another MAC address, it would make another. */
    public boolean isFromRouter() {
        return protocol == KERNEL_ROUTER || protocol == 0 && prefix.isIpv6() && (flags & FROM_PREFIX) != 0;
    }
}
