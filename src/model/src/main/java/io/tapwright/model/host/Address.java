package io.tapwright.model.host;

import io.tapwright.model.IpPrefix;

/**
 * An address on a device, as RTM_NEWADDR describes it (linux/if_addr.h).
 *
 * @param scope    RT_SCOPE_* of linux/rtnetlink.h: 0 universe, 253 link, 254 host
 * @param flags    IFA_FLAGS
 * @param kernelMade true for what the kernel adds by itself (IPv6 link-local, autoconfigured)
 * @param lifetimes preferred and valid seconds, {@link #FOREVER} for none
 */
public record Address(IpPrefix prefix, int scope, int flags, boolean kernelMade, Lifetimes lifetimes) {

    /** Seconds left; 0xffffffff (INFINITY_LIFE_TIME) means for ever. */
    public record Lifetimes(long preferredSeconds, long validSeconds) {
    }

    public static final Lifetimes FOREVER = new Lifetimes(0xffffffffL, 0xffffffffL);

    public static Address of(IpPrefix prefix) {
        return new Address(prefix, 0, 0, false, FOREVER);
    }
}
