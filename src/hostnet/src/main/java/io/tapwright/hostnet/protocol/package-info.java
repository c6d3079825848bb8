/**
 * The rules of talking to the kernel by netlink: {@link io.tapwright.hostnet.protocol.NetlinkSocket} matches replies to
 * requests by sequence number, keeps a deadline, takes an interrupted dump again and turns a refusal with its extended
 * acknowledgement into a {@link io.tapwright.hostnet.posix.SystemCallException};
 * {@link io.tapwright.hostnet.protocol.NetlinkSocketPool} lets several threads ask at once, so that one late reply
 * delays only its caller. Public only for the packages beside it.
 *
 * <p>A socket belongs to the thread that borrowed it; the pool is for any thread. A socket talks to the network
 * namespace of the thread that opened it.
 */
package io.tapwright.hostnet.protocol;
