package io.tapwright.control;

import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.Link;
import java.util.List;
import java.util.Optional;

/** A kernel's devices as text that does not depend on when they were made: two hosts that look alike are alike. */
final class SeenKernel {

    private SeenKernel() {
    }

    static List<String> names(HostNetwork kernel) {
        return kernel.links(HostNetwork.Detail.STATE).stream().map(l -> l.name().text()).sorted().toList();
    }

    static List<String> describe(HostNetwork kernel) {
        return kernel.links(HostNetwork.Detail.STATE).stream().map(link -> describe(link, kernel)).sorted().toList();
    }

    private static String describe(Link link, HostNetwork kernel) {
        String master = link.master() == Link.NO_MASTER
                ? "-"
                : kernel.link(link.master()).map(m -> m.name().text()).orElse("gone");
        // Only our own devices have an address that is not by chance.
        Optional<String> mac = link.mark().flatMap(m -> link.mac()).map(Object::toString);
        return String.join(" ", link.name().text(), link.kind(), mac.orElse("-"), "mtu=" + link.mtu(),
                link.up() ? "up" : "down", "carrier=" + link.carrier(), "master=" + master, "alias=" + link.alias(),
                "alt=" + link.altNames(), link.ipv6Disabled() ? "noipv6" : "ipv6", "tun=" + link.tun(),
                "addresses=" + kernel.addresses(link.ref()).stream().map(a -> a.prefix().toString()).sorted().toList(),
                "routes=" + kernel.routes(link.ref()).stream().map(Object::toString).sorted().toList());
    }
}
