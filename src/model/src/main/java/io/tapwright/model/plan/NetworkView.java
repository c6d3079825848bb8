package io.tapwright.model.plan;

import io.tapwright.model.host.Address;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.Route;
import java.util.List;
import java.util.Optional;

/**
 * What the kernel has of a network.
 *
 * @param bridge          the device of the bridge's name, whatever it is
 * @param bridgeAddresses its addresses
 * @param uplink          the device of the uplink's name; empty also where none is configured
 * @param uplinkAddresses its addresses
 * @param uplinkRoutes    the routes through it
 */
public record NetworkView(
        Optional<Link> bridge, List<Address> bridgeAddresses, Optional<Link> uplink, List<Address> uplinkAddresses,
        List<Route> uplinkRoutes) {
}
