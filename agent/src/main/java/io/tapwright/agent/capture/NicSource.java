package io.tapwright.agent.capture;

import io.tapwright.hostnet.TapCapture;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.status.NicStatus;
import io.tapwright.switchctl.SwitchCapture;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Opens what a NIC's frames are to be had from: the switch in user space, or the NIC's own device. */
final class NicSource implements Captures.Opener {

    private final Function<InterfaceName, Optional<Link>> devices;
    private final Supplier<Path> switchSocket;

    /** @param devices by name, as the kernel has them now */
    NicSource(Function<InterfaceName, Optional<Link>> devices, Supplier<Path> switchSocket) {
        this.devices = devices;
        this.switchSocket = switchSocket;
    }

    @Override
    public CaptureSource open(NicStatus nic, int snapLength) {
        if (nic.type().equals(InterfaceSpec.VHOST_USER) && nic.network() != null) {
            return SwitchCapture.open(switchSocket.get(), nic.network(), nic.id().toString(), snapLength);
        }
        return TapCapture.open(deviceOf(nic), snapLength);
    }

    /** A device that merely has the name may be anybody's: what passes there is not the VM's. */
    private InterfaceName deviceOf(NicStatus nic) {
        try {
            return Optional.ofNullable(nic.tap()).filter(name -> InterfaceName.fault(name) == null).map(InterfaceName::new)
                    .flatMap(devices).filter(nic::isDevice).map(Link::name)
                    .orElseThrow(() -> new CaptureException("capture NIC " + nic.mac() + " of domain " + nic.domain()
                            + ": it has no tap" + (nic.reason() == null ? "" : ": " + nic.reason())));
        } catch (HostNetworkException e) {
            throw new CaptureException("capture NIC " + nic.mac() + " of domain " + nic.domain() + ": " + e.getMessage(), e);
        }
    }
}
