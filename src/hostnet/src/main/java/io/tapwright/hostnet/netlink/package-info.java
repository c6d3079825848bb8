/**
 * The wire format of netlink and rtnetlink as a pure codec: bytes to records and back, no input or output. What the
 * kernel sends is read defensively: a length that lies is a
 * {@link io.tapwright.hostnet.netlink.MalformedMessageException}, never a read beyond the datagram. Sources:
 * linux/netlink.h, linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h. Public only for the packages beside it.
 *
 * <p>{@link io.tapwright.hostnet.netlink.MessageWriter} and {@link io.tapwright.hostnet.netlink.AttributeReader} belong
 * to one thread at a time; the rest has no state.
 */
package io.tapwright.hostnet.netlink;
