/**
 * Making taps: linux/if_tun.h by {@code /dev/net/tun}. Public only for the package above. A
 * {@link io.tapwright.hostnet.tun.TapDevice} belongs to the thread that opened it, in whose network namespace the tap
 * is made.
 */
package io.tapwright.hostnet.tun;
