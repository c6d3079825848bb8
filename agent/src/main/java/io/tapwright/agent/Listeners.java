package io.tapwright.agent;

import io.tapwright.control.ControlListener;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NetworkStatus;
import io.tapwright.model.status.NicStatus;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Several listeners as one; a listener that throws is logged and harms neither the others nor the caller. */
final class Listeners implements ControlListener {

    private static final Logger LOG = Logger.getLogger("tapwright");

    private final List<ControlListener> all;

    Listeners(List<ControlListener> all) {
        this.all = List.copyOf(all);
    }

    @Override
    public void nicChanged(NicStatus status) {
        each(l -> l.nicChanged(status));
    }

    @Override
    public void nicRemoved(NicStatus last) {
        each(l -> l.nicRemoved(last));
    }

    @Override
    public void domainChanged(DomainStatus status) {
        each(l -> l.domainChanged(status));
    }

    @Override
    public void domainRemoved(DomainStatus last) {
        each(l -> l.domainRemoved(last));
    }

    @Override
    public void networkChanged(NetworkStatus status) {
        each(l -> l.networkChanged(status));
    }

    @Override
    public void libvirtChanged(LibvirtStatus status) {
        each(l -> l.libvirtChanged(status));
    }

    @Override
    public void switchChanged(boolean reachable, String reason) {
        each(l -> l.switchChanged(reachable, reason));
    }

    @Override
    public void libvirtEvent(String name) {
        each(l -> l.libvirtEvent(name));
    }

    @Override
    public void reconciled(String kind, Object what, Duration took) {
        each(l -> l.reconciled(kind, what, took));
    }

    @Override
    public void wired(NicStatus status, Duration sinceStart) {
        each(l -> l.wired(status, sinceStart));
    }

    @Override
    public void applied(HostAction action, Duration took) {
        each(l -> l.applied(action, took));
    }

    @Override
    public void failed(HostAction action, HostNetworkException cause) {
        each(l -> l.failed(action, cause));
    }

    @Override
    public void drifted(String owner, String device, String kind) {
        each(l -> l.drifted(owner, device, kind));
    }

    @Override
    public void reaping(String device, String alias) {
        each(l -> l.reaping(device, alias));
    }

    @Override
    public void overrun() {
        each(ControlListener::overrun);
    }

    @Override
    public void retrying(String kind, String what, int failures, Duration delay) {
        each(l -> l.retrying(kind, what, failures, delay));
    }

    @Override
    public void problem(String text) {
        each(l -> l.problem(text));
    }

    private void each(Consumer<ControlListener> call) {
        for (ControlListener listener : all) {
            try {
                call.accept(listener);
            } catch (RuntimeException e) {
                LOG.error("a listener failed", e);
            }
        }
    }
}
