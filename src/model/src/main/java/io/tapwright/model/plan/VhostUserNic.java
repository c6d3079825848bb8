package io.tapwright.model.plan;

import io.tapwright.model.NicId;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.network.Network;
import io.tapwright.model.network.NetworkCatalog;
import io.tapwright.model.network.NetworkCatalog.Assignment;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import java.nio.file.Path;
import java.util.Set;

/** What is wanted of a NIC of type vhostuser whose socket is ours. Pure. */
final class VhostUserNic {

    private VhostUserNic() {
    }

    /** @param devices taps and sockets of the domain's other NICs, to which this one's is added */
    static DesiredNic of(NicId id, InterfaceSpec spec, DomainSpec domain, Phase phase, NetworkCatalog catalog,
            UserspacePolicy policy, Set<String> devices) {
        String written = spec.vhostUser().orElseThrow().path();
        Path socket = Path.of(written);
        Path directory = policy.socketDirectory().orElseThrow();
        if (!socket.equals(socket.normalize()) || !directory.equals(socket.getParent())) {
            return refused(id, spec, "socket " + written + " does not lie directly in " + directory
                    + ", where the switch has its sockets; write <source path='" + directory + "/NAME' …/>");
        }
        if (spec.mac().isMulticast()) {
            return refused(id, spec, "MAC address " + spec.mac() + " is a multicast address; use 52:54:00:…");
        }
        if (!devices.add(socket.toString())) {
            return refused(id, spec, "socket " + socket + " stands twice in the domain's XML, give each NIC its own");
        }
        return switch (catalog.assign(domain, spec)) {
            case Assignment.To(Network network) -> on(network, id, spec, domain, phase, socket);
            case Assignment.Unknown(String name, String reason) -> refused(id, spec, reason);
        };
    }

    private static DesiredNic on(Network network, NicId id, InterfaceSpec spec, DomainSpec domain, Phase phase, Path socket) {
        if (!network.userspace()) {
            return refused(id, spec, "network '" + network.name() + "' has no switch in user space, which type='vhostuser' needs;"
                    + " set tapwright.networks." + network.name() + ".userspace: true");
        }
        if (!domain.sharedMemory()) {
            return refused(id, spec, "the domain's memory is not shared, so the switch can't reach it; add"
                    + " <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking> to the domain's XML");
        }
        try {
            return new DesiredNic.VhostUser(id, spec, domain.name(), network,
                    new VhostUserPort(id.toString(), socket, spec.vhostUser().orElseThrow().listen(), id.mac()), phase);
        } catch (IllegalArgumentException e) {
            return refused(id, spec, e.getMessage());
        }
    }

    private static DesiredNic refused(NicId id, InterfaceSpec spec, String reason) {
        return new DesiredNic.Refused(id, spec, reason);
    }
}
