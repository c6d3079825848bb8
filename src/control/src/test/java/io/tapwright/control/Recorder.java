package io.tapwright.control;

import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NetworkStatus;
import io.tapwright.model.status.NicStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Keeps all that a control plane tells, in order; any thread. */
final class Recorder implements ControlListener {

    final List<NicStatus> nics = Collections.synchronizedList(new ArrayList<>());
    final List<NicStatus> removedNics = Collections.synchronizedList(new ArrayList<>());
    final List<DomainStatus> domains = Collections.synchronizedList(new ArrayList<>());
    final List<DomainStatus> removedDomains = Collections.synchronizedList(new ArrayList<>());
    final List<NetworkStatus> networks = Collections.synchronizedList(new ArrayList<>());
    final List<LibvirtStatus> libvirt = Collections.synchronizedList(new ArrayList<>());
    final List<HostAction> applied = Collections.synchronizedList(new ArrayList<>());
    final List<String> failures = Collections.synchronizedList(new ArrayList<>());
    final List<String> problems = Collections.synchronizedList(new ArrayList<>());
    final List<String> retries = Collections.synchronizedList(new ArrayList<>());
    final List<NicStatus> wired = Collections.synchronizedList(new ArrayList<>());
    final List<String> drift = Collections.synchronizedList(new ArrayList<>());
    final List<String> reaped = Collections.synchronizedList(new ArrayList<>());
    final List<String> looks = Collections.synchronizedList(new ArrayList<>());
    final List<String> switches = Collections.synchronizedList(new ArrayList<>());
    final List<String> events = Collections.synchronizedList(new ArrayList<>());

    void forget() {
        List.of(nics, removedNics, domains, removedDomains, networks, libvirt, applied, failures, problems, retries, wired,
                drift, reaped, looks, switches, events).forEach(List::clear);
    }

    /** Where each change of a NIC left it, such as {@code vnet0 ready}. */
    List<String> nicHistory() {
        return List.copyOf(nics).stream().map(n -> n.tap() + " " + n.state().text()).toList();
    }

    /** All that an operator could have read. */
    List<String> sentences() {
        List<String> all = new ArrayList<>(List.copyOf(problems));
        List.copyOf(nics).stream().map(NicStatus::reason).filter(r -> r != null).forEach(all::add);
        List.copyOf(networks).stream().map(NetworkStatus::reason).filter(r -> r != null).forEach(all::add);
        return all;
    }

    @Override
    public void nicChanged(NicStatus status) {
        nics.add(status);
    }

    @Override
    public void switchChanged(boolean reachable, String reason) {
        switches.add(reachable ? "connected" : reason);
    }

    @Override
    public void nicRemoved(NicStatus last) {
        removedNics.add(last);
    }

    @Override
    public void domainChanged(DomainStatus status) {
        domains.add(status);
    }

    @Override
    public void domainRemoved(DomainStatus last) {
        removedDomains.add(last);
    }

    @Override
    public void networkChanged(NetworkStatus status) {
        networks.add(status);
    }

    @Override
    public void libvirtChanged(LibvirtStatus status) {
        libvirt.add(status);
    }

    @Override
    public void libvirtEvent(String name) {
        events.add(name);
    }

    @Override
    public void wired(NicStatus status, Duration sinceStart) {
        wired.add(status);
    }

    @Override
    public void applied(HostAction action, Duration took) {
        applied.add(action);
    }

    @Override
    public void failed(HostAction action, HostNetworkException cause) {
        failures.add(cause.getMessage());
    }

    @Override
    public void drifted(String owner, String device, String kind) {
        drift.add(owner + " " + device + " " + kind);
    }

    @Override
    public void reaping(String device, String alias) {
        reaped.add(device);
    }

    @Override
    public void retrying(String kind, String what, int times, Duration delay) {
        retries.add(what);
    }

    @Override
    public void reconciled(String kind, Object what, Duration took) {
        looks.add(kind);
    }

    @Override
    public void problem(String text) {
        problems.add(text);
    }
}
