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

/**
 * The log: a line for each change, with the domain and the NIC in it. INFO something changed, WARN something is wrong.
 * What comes faster than anybody could read is counted instead.
 */
final class ChangeLog implements ControlListener {

    private final Logger log;
    private final LogBudget budget;

    ChangeLog(Logger log, LogBudget budget) {
        this.log = log;
        this.budget = budget;
    }

    @Override
    public void nicChanged(NicStatus nic) {
        say(nic.state() == NicState.FAILED ? Logger.Level.WARN : Logger.Level.INFO,
                "domain '" + nic.domain() + "' NIC " + nic.mac() + (nic.tap() == null ? "" : " (" + nic.tap() + ")") + ": "
                        + nic.state().text() + (nic.network() == null ? "" : " on network " + nic.network())
                        + (nic.reason() == null ? "" : ": " + nic.reason()));
    }

    @Override
    public void nicRemoved(NicStatus nic) {
        say(Logger.Level.INFO, "domain '" + nic.domain() + "' NIC " + nic.mac() + (nic.tap() == null ? "" : " (" + nic.tap() + ")")
                + ": removed");
    }

    @Override
    public void domainChanged(DomainStatus domain) {
        log.debugf("domain '%s' (%s): %s, %d NICs", domain.name(), domain.uuid(), domain.phase(), domain.nics().size());
    }

    @Override
    public void networkChanged(NetworkStatus network) {
        say(network.state() == NicState.FAILED ? Logger.Level.WARN : Logger.Level.INFO,
                "network '" + network.name() + "' (bridge " + network.bridge() + "): " + network.state().text()
                        + (network.reason() == null ? "" : ": " + network.reason()));
    }

    @Override
    public void libvirtChanged(LibvirtStatus libvirt) {
        say(libvirt.state().equals("disconnected") ? Logger.Level.WARN : Logger.Level.INFO,
                "libvirt " + libvirt.uri() + ": " + libvirt.state() + (libvirt.reason() == null ? "" : ": " + libvirt.reason()));
    }

    @Override
    public void reconciled(String kind, Object what, Duration took) {
        log.debugf("looked at %s (%d us)", what, took.toNanos() / 1000);
    }

    @Override
    public void switchChanged(boolean reachable, String reason) {
        say(reachable ? Logger.Level.INFO : Logger.Level.WARN,
                "switch in user space: " + (reachable ? "connected" : "not reachable: " + reason));
    }

    @Override
    public void applied(HostAction action, Duration took) {
        log.debugf("%s (%d us)", action, took.toNanos() / 1000);
    }

    @Override
    public void drifted(String owner, String device, String kind) {
        say(Logger.Level.INFO, owner + ": " + device + " was changed by somebody (" + kind + "), putting it right");
    }

    @Override
    public void reaping(String device, String alias) {
        say(Logger.Level.INFO, "deleting tap " + device + ", whose domain does not exist (" + alias + ")");
    }

    @Override
    public void overrun() {
        say(Logger.Level.WARN, "news from the kernel were lost, looking at every device");
    }

    @Override
    public void retrying(String kind, String what, int failures, Duration delay) {
        log.debugf("%s failed %d times, next try in %d ms", what, failures, delay.toMillis());
    }

    @Override
    public void problem(String text) {
        say(Logger.Level.WARN, text);
    }

    private void say(Logger.Level level, String text) {
        budget.spend(dropped -> log.warnf("%d lines were not logged, too many at once; /api/v1/status has it all", dropped),
                () -> log.log(level, text));
    }
}
