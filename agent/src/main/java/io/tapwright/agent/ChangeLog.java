package io.tapwright.agent;

import io.tapwright.control.ControlListener;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NetworkStatus;
import io.tapwright.model.status.NicState;
import io.tapwright.model.status.NicStatus;
import java.time.Duration;
import org.jboss.logging.Logger;

/** The log: a line for each change, with the domain and the NIC in it. INFO something changed, WARN something is wrong. */
final class ChangeLog implements ControlListener {

    private final Logger log;

    ChangeLog(Logger log) {
        this.log = log;
    }

    @Override
    public void nicChanged(NicStatus nic) {
        log.log(nic.state() == NicState.FAILED ? Logger.Level.WARN : Logger.Level.INFO,
                "domain '" + nic.domain() + "' NIC " + nic.mac() + (nic.tap() == null ? "" : " (" + nic.tap() + ")") + ": "
                        + nic.state().text() + (nic.network() == null ? "" : " on network " + nic.network())
                        + (nic.reason() == null ? "" : ": " + nic.reason()));
    }

    @Override
    public void nicRemoved(NicStatus nic) {
        log.infof("domain '%s' NIC %s (%s): removed", nic.domain(), nic.mac(), nic.tap());
    }

    @Override
    public void domainChanged(DomainStatus domain) {
        log.debugf("domain '%s' (%s): %s, %d NICs", domain.name(), domain.uuid(), domain.phase(), domain.nics().size());
    }

    @Override
    public void networkChanged(NetworkStatus network) {
        log.log(network.state() == NicState.FAILED ? Logger.Level.WARN : Logger.Level.INFO,
                "network '" + network.name() + "' (bridge " + network.bridge() + "): " + network.state().text()
                        + (network.reason() == null ? "" : ": " + network.reason()));
    }

    @Override
    public void libvirtChanged(LibvirtStatus libvirt) {
        log.log(libvirt.state().equals("disconnected") ? Logger.Level.WARN : Logger.Level.INFO,
                "libvirt " + libvirt.uri() + ": " + libvirt.state() + (libvirt.reason() == null ? "" : ": " + libvirt.reason()));
    }

    @Override
    public void applied(HostAction action, Duration took) {
        log.debugf("%s (%d us)", action, took.toNanos() / 1000);
    }

    @Override
    public void retrying(String kind, String what, int failures, Duration delay) {
        log.debugf("%s failed %d times, next try in %d ms", what, failures, delay.toMillis());
    }

    @Override
    public void problem(String text) {
        log.warn(text);
    }
}
