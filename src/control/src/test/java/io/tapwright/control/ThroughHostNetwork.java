package io.tapwright.control;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkListener;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import java.util.List;
import java.util.Optional;

/** Hands everything on to a kernel; what is put between overrides a method. */
class ThroughHostNetwork implements HostNetwork {

    private final HostNetwork kernel;

    ThroughHostNetwork(HostNetwork kernel) {
        this.kernel = kernel;
    }

    @Override
    public Optional<Link> link(InterfaceName name) {
        return kernel.link(name);
    }

    @Override
    public Optional<Link> link(int index) {
        return kernel.link(index);
    }

    @Override
    public List<Link> links(Detail detail) {
        return kernel.links(detail);
    }

    @Override
    public List<Address> addresses(LinkRef link) {
        return kernel.addresses(link);
    }

    @Override
    public List<Route> routes(LinkRef link) {
        return kernel.routes(link);
    }

    @Override
    public void apply(HostAction action) {
        kernel.apply(action);
    }

    @Override
    public AutoCloseable monitor(LinkListener listener) {
        return kernel.monitor(listener);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
