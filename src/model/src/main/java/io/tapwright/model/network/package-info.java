/**
 * What the operator configures: {@link io.tapwright.model.network.Network networks}, and the
 * {@link io.tapwright.model.network.Rule rules} by which NICs come to them. Immutable; any thread.
 */
package io.tapwright.model.network;
