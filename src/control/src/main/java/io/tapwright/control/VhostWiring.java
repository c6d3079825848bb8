package io.tapwright.control;

import io.tapwright.control.StatusBoard.NicFinding;
import io.tapwright.model.plan.DesiredNic;
import io.tapwright.model.plan.Phase;
import io.tapwright.model.plan.Standing;
import io.tapwright.model.userspace.PortState;

/** Brings NICs of the switch in user space to where they should be, and says where they stand. Any worker. */
final class VhostWiring {

    private final SwitchPorts ports;

    VhostWiring(SwitchPorts ports) {
        this.ports = ports;
    }

    /** What is not so yet is told by the switch, so there is nothing to come back for. */
    NicFinding wire(DesiredNic.VhostUser nic) {
        Standing standing = nic.plugged()
                ? standing(nic, ports.plug(nic.id(), nic.network().name(), nic.port()))
                : Standing.ready();
        return new NicFinding(nic, null, nic.network().name(), nic.network().bridge().text(), standing, Outcome.DONE);
    }

    private static Standing standing(DesiredNic.VhostUser nic, SwitchPorts.Finding finding) {
        return switch (finding) {
            case SwitchPorts.Finding.Is(PortState state) -> nic.phase() == Phase.OFF ? off(nic, state) : on(nic, state);
            case SwitchPorts.Finding.Unknown(String reason) -> Standing.pending(reason);
            case SwitchPorts.Finding.Taken(var by) -> Standing.failed("socket " + nic.port().socket() + " is that of NIC "
                    + by.mac() + " of domain " + by.domain() + "; give one of them another");
        };
    }

    private static Standing off(DesiredNic.VhostUser nic, PortState state) {
        return switch (state.status()) {
            case WAITING -> Standing.ready();
            case CONNECTED, RUNNING -> Standing.pending("libvirt says that the VM is off, but some process is connected to socket "
                    + nic.port().socket());
            case FAILED -> Standing.failed(state.reason());
        };
    }

    private static Standing on(DesiredNic.VhostUser nic, PortState state) {
        return switch (state.status()) {
            case WAITING -> Standing.pending(awaited(nic) + because(state));
            case CONNECTED -> Standing.pending("the guest's driver has not enabled the rings" + because(state));
            case RUNNING -> nic.spec().linkUp() ? Standing.wired() : Standing.ready("the link is set down in the domain's XML");
            case FAILED -> Standing.failed(state.reason());
        };
    }

    private static String awaited(DesiredNic.VhostUser nic) {
        if (!nic.port().listen()) {
            return "waiting for QEMU to listen on socket " + nic.port().socket();
        }
        String waiting = "waiting for QEMU to connect to socket " + nic.port().socket();
        // Of a VM that has just started it is a matter of moments, of one whose QEMU does not come back it is the end.
        return nic.phase() == Phase.STARTING ? waiting : waiting + "; if that lasts while the VM runs, its <source> lacks"
                + " <reconnect enabled='yes'/>: unplug and plug the NIC, or restart the VM";
    }

    private static String because(PortState state) {
        return state.reason().isEmpty() ? "" : ": " + state.reason();
    }
}
