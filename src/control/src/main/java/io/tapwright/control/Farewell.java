package io.tapwright.control;

import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.userspace.DesiredPort.TapPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.model.userspace.UserspaceSwitch;
import io.tapwright.model.userspace.UserspaceSwitchListener;

/**
 * Listens to the switch in user space where no network has one any more: one that still holds a tap of ours hears what is
 * wanted of it, which is nothing, so that it lets go. Any other is another agent's, or has heard it: it is left alone.
 *
 * <p>Called by the switch's own thread, which reads the taps from the kernel.
 */
final class Farewell implements UserspaceSwitchListener {

    private final UserspaceSwitch remote;
    private final HostNetwork host;
    private final DeviceIndex index;
    private final SwitchPorts ports;
    private boolean isOurs;

    /** @param ports speaks to a switch that holds taps of ours */
    Farewell(UserspaceSwitch remote, HostNetwork host, DeviceIndex index, SwitchPorts ports) {
        this.remote = remote;
        this.host = host;
        this.index = index;
        this.ports = ports;
    }

    @Override
    public void onConnected(DesiredSwitch held, SwitchState state) {
        isOurs = holdsTapOfOurs(held);
        if (isOurs) {
            ports.onConnected(held, state);
        } else {
            remote.close();
        }
    }

    @Override
    public void onState(SwitchState state) {
        if (isOurs) {
            ports.onState(state);
        }
    }

    @Override
    public void onLost(String reason) {
        if (isOurs) {
            ports.onLost(reason);
        }
    }

    private boolean holdsTapOfOurs(DesiredSwitch held) {
        return held.networks().stream().flatMap(network -> network.ports().stream())
                .anyMatch(port -> port instanceof TapPort tap && host.link(tap.device()).filter(index::isSwitchTap).isPresent());
    }
}
