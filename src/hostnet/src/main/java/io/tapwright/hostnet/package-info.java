/**
 * The host's network on Linux: {@link io.tapwright.hostnet.LinuxHostNetwork} does by tun and rtnetlink what
 * {@link io.tapwright.model.host.HostNetwork} promises. {@link io.tapwright.hostnet.Capabilities} tells whether this
 * process may, {@link io.tapwright.hostnet.AccountDatabase} who may open a tap.
 *
 * <p>All of it is for any thread. A caller's thread does the work; each monitor has a thread of its own. Everything
 * happens in the network namespace of the thread that calls, which has to be the one
 * {@link io.tapwright.hostnet.LinuxHostNetwork#open()} was called in.
 */
package io.tapwright.hostnet;
