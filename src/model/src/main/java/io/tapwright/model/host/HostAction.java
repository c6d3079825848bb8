package io.tapwright.model.host;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import java.util.List;

/**
 * Everything Tapwright ever does to the host's network. A plan is a list of these; {@link HostNetwork#apply} is the one
 * place that carries them out. {@link #toString()} is a sentence for a log or a dry run.
 */
public sealed interface HostAction {

    /** The device the action is about. */
    InterfaceName device();

    /**
     * Makes a persistent tap (IFF_TAP, IFF_NO_PI, IFF_VNET_HDR) and sets {@code settings} on it in one write, before the
     * device can outlive the process: a crash at any point leaves either nothing or a tap that carries its mark. Fails
     * with EEXIST where the name is taken.
     */
    record CreateTap(InterfaceName device, boolean multiQueue, TapOwner owner, LinkChange settings) implements HostAction {
        @Override
        public String toString() {
            return "create tap " + device + (multiQueue ? " with many queues" : "") + " (" + settings + ")";
        }
    }

    /** Sets {@code change} on a device in one write. Fails with ENODEV where the index is gone. */
    record ChangeLink(LinkRef link, LinkChange change) implements HostAction {
        @Override
        public InterfaceName device() {
            return link.name();
        }

        @Override
        public String toString() {
            return "set " + link + ": " + change;
        }
    }

    /** Deletes a device; one that is gone already is no error. */
    record DeleteLink(LinkRef link) implements HostAction {
        @Override
        public InterfaceName device() {
            return link.name();
        }

        @Override
        public String toString() {
            return "delete " + link;
        }
    }

    /**
     * Deletes devices together, at about the cost of one: the kernel waits out a grace period for each request, not for
     * each device. Those that are gone already are no error; where it fails some may be gone.
     */
    record DeleteLinks(List<LinkRef> links) implements HostAction {

        public DeleteLinks {
            links = List.copyOf(links);
        }

        @Override
        public InterfaceName device() {
            return links.getFirst().name();
        }

        @Override
        public String toString() {
            return "delete " + links.size() + " devices (" + links.getFirst() + (links.size() == 1 ? "" : ", …") + ")";
        }
    }

    /** Gives a device another name; it is down for that moment where it was up. Fails with EEXIST where the name is taken. */
    record RenameLink(LinkRef link, InterfaceName name) implements HostAction {
        @Override
        public InterfaceName device() {
            return link.name();
        }

        @Override
        public String toString() {
            return "rename " + link + " to " + name;
        }
    }

    /**
     * Makes a bridge with a MAC address of its own (so that no port ever changes it), its mark set in the same write,
     * and raises it. Fails with EEXIST where the name is taken.
     */
    record CreateBridge(InterfaceName device, MacAddress mac, int mtu, String alias) implements HostAction {
        @Override
        public String toString() {
            return "create bridge " + device + " (address " + mac + ", mtu " + mtu + ")";
        }
    }

    /** Adds an address; one that is there already is no error. */
    record AddAddress(LinkRef link, Address address) implements HostAction {
        @Override
        public InterfaceName device() {
            return link.name();
        }

        @Override
        public String toString() {
            return "add " + address.prefix() + " to " + link;
        }
    }

    /** Removes an address; one that is gone already is no error. */
    record RemoveAddress(LinkRef link, Address address) implements HostAction {
        @Override
        public InterfaceName device() {
            return link.name();
        }

        @Override
        public String toString() {
            return "remove " + address.prefix() + " from " + link;
        }
    }

    /**
     * Makes {@code uplink} a port of {@code bridge} and moves the layer 3 given, in one step: on any failure everything
     * is put back as it was. {@code uplink} gets those of {@code altNames} that it lacks.
     */
    record AttachUplink(LinkRef uplink, LinkRef bridge, List<String> altNames, List<Address> addresses, List<Route> routes)
            implements HostAction {

        public AttachUplink {
            altNames = List.copyOf(altNames);
            addresses = List.copyOf(addresses);
            routes = List.copyOf(routes);
        }

        @Override
        public InterfaceName device() {
            return uplink.name();
        }

        @Override
        public String toString() {
            return "attach uplink " + uplink + " to " + bridge + moved(addresses, routes);
        }
    }

    /** The way back: takes {@code uplink} out of {@code bridge}, moves the layer 3 given back to it, drops the names. */
    record DetachUplink(LinkRef uplink, LinkRef bridge, List<String> altNames, List<Address> addresses, List<Route> routes)
            implements HostAction {

        public DetachUplink {
            altNames = List.copyOf(altNames);
            addresses = List.copyOf(addresses);
            routes = List.copyOf(routes);
        }

        @Override
        public InterfaceName device() {
            return uplink.name();
        }

        @Override
        public String toString() {
            return "detach uplink " + uplink + " from " + bridge + moved(addresses, routes);
        }
    }

    private static String moved(List<Address> addresses, List<Route> routes) {
        return addresses.isEmpty() && routes.isEmpty()
                ? ""
                : ", moving " + addresses.stream().map(Address::prefix).toList() + " and routes " + routes;
    }
}
