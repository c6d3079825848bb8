/**
 * The kernel as the rest of Tapwright sees it: {@link io.tapwright.model.host.Link} is what is read,
 * {@link io.tapwright.model.host.HostAction} what can be done, {@link io.tapwright.model.host.HostNetwork} the port
 * between. Records are immutable; a port's implementation may be called from any thread.
 */
package io.tapwright.model.host;
