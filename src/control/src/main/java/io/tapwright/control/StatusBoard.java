package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.plan.DesiredNic;
import io.tapwright.model.plan.Standing;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NetworkStatus;
import io.tapwright.model.status.NicState;
import io.tapwright.model.status.NicStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Where everything stands, as last reconciled. Tells the listener of each difference, and of nothing else.
 *
 * <p>Written by the worker that has the domain's or network's key; read from any thread.
 */
final class StatusBoard {

    private final InstantSource clock;
    private final LongSupplier nanoClock;
    private final ControlListener listener;
    private final Map<DomainId, DomainStatus> domains = new ConcurrentHashMap<>();
    private final Map<DomainId, Long> wiredInRun = new ConcurrentHashMap<>();
    private final Map<String, Set<DomainId>> byTap = new ConcurrentHashMap<>();
    private final Map<String, NetworkStatus> networks = new ConcurrentHashMap<>();
    private volatile LibvirtStatus libvirt;

    StatusBoard(InstantSource clock, LongSupplier nanoClock, ControlListener listener) {
        this.clock = clock;
        this.nanoClock = nanoClock;
        this.listener = listener;
        this.libvirt = new LibvirtStatus("", "connecting", null, clock.instant());
    }

    /** One NIC as a reconcile found it. */
    record NicFinding(
            DesiredNic nic, String tap, String network, String bridge, Standing standing, Outcome outcome) {
    }

    void putDomain(DomainEntry entry, List<NicFinding> findings) {
        DomainStatus before = domains.get(entry.id());
        Map<String, NicStatus> known = before == null ? new LinkedHashMap<>() : byKey(before.nics());
        List<NicStatus> nics = new ArrayList<>();
        List<NicStatus> changed = new ArrayList<>();
        Instant now = clock.instant();
        byKey(findings.stream().map(f -> status(entry, f, now)).toList()).forEach((key, fresh) -> {
            NicStatus old = known.remove(key);
            boolean same = old != null && fresh.saysTheSameAs(old);
            nics.add(same ? old : fresh);
            if (!same) {
                changed.add(fresh);
            }
        });
        DomainStatus after = new DomainStatus(
                entry.id().toString(), entry.name(), entry.phase().text(), entry.persistent(), nics);
        domains.put(entry.id(), after);
        renewTaps(entry.id(), before == null ? List.of() : before.nics(), nics);
        if (before == null || !before.phase().equals(after.phase()) || !before.name().equals(after.name())
                || before.persistent() != after.persistent() || !byKey(before.nics()).keySet().equals(byKey(nics).keySet())) {
            listener.domainChanged(after);
        }
        changed.forEach(listener::nicChanged);
        known.values().forEach(listener::nicRemoved);
        noteWired(entry, after);
    }

    void removeDomain(DomainId id) {
        DomainStatus last = domains.remove(id);
        wiredInRun.remove(id);
        if (last != null) {
            renewTaps(id, last.nics(), List.of());
            last.nics().forEach(listener::nicRemoved);
            listener.domainRemoved(last);
        }
    }

    void putNetwork(String name, String bridge, Standing standing) {
        NetworkStatus before = networks.get(name);
        NetworkStatus after = new NetworkStatus(
                name, bridge, standing.state(), standing.reason().orElse(null), clock.instant());
        if (before == null || !after.saysTheSameAs(before)) {
            networks.put(name, after);
            listener.networkChanged(after);
        }
    }

    void putLibvirt(LibvirtStatus status) {
        LibvirtStatus before = libvirt;
        libvirt = status;
        if (!before.uri().equals(status.uri()) || !before.state().equals(status.state())
                || !Objects.equals(before.reason(), status.reason())) {
            listener.libvirtChanged(status);
        }
    }

    /** The domains that have a NIC whose device is, or should be, the one of this name. */
    Set<DomainId> wanting(InterfaceName device) {
        return Set.copyOf(byTap.getOrDefault(device.text(), Set.of()));
    }

    LibvirtStatus libvirt() {
        return libvirt;
    }

    DomainStatus domain(DomainId id) {
        return domains.get(id);
    }

    Collection<DomainStatus> domains() {
        return domains.values().stream().sorted((a, b) -> a.name().compareTo(b.name())).toList();
    }

    Collection<NetworkStatus> networks() {
        return networks.values().stream().sorted((a, b) -> a.name().compareTo(b.name())).toList();
    }

    private void renewTaps(DomainId id, List<NicStatus> before, List<NicStatus> after) {
        before.stream().map(NicStatus::tap).filter(Objects::nonNull).forEach(tap -> byTap.computeIfPresent(tap, (t, ids) -> {
            ids.remove(id);
            return ids.isEmpty() ? null : ids;
        }));
        after.stream().map(NicStatus::tap).filter(Objects::nonNull)
                .forEach(tap -> byTap.computeIfAbsent(tap, t -> ConcurrentHashMap.newKeySet()).add(id));
    }

    private void noteWired(DomainEntry entry, DomainStatus after) {
        Long run = wiredInRun.get(entry.id());
        boolean isNewRun = run == null || run != entry.startedAtNanos();
        boolean allWired = after.nics().stream().anyMatch(n -> n.state() == NicState.WIRED)
                && after.nics().stream().allMatch(n -> n.state() == NicState.WIRED || n.state() == NicState.OBSERVED);
        if (isNewRun && allWired) {
            wiredInRun.put(entry.id(), entry.startedAtNanos());
            Duration took = Duration.ofNanos(nanoClock.getAsLong() - entry.startedAtNanos());
            after.nics().stream().filter(n -> n.state() == NicState.WIRED).forEach(n -> listener.wired(n, took));
        }
    }

    private static NicStatus status(DomainEntry entry, NicFinding finding, Instant now) {
        DesiredNic nic = finding.nic();
        return new NicStatus(entry.name(), entry.id().toString(), nic.id().mac().text(), finding.tap(), finding.network(),
                finding.bridge(), nic.spec().type(), finding.standing().state(), finding.standing().reason().orElse(null), now);
    }

    /** By MAC address; where one stands more than once, by its place among its likes too. */
    private static Map<String, NicStatus> byKey(List<NicStatus> nics) {
        Map<String, NicStatus> byKey = new LinkedHashMap<>();
        for (NicStatus nic : nics) {
            String key = nic.mac();
            for (int n = 2; byKey.containsKey(key); n++) {
                key = nic.mac() + "#" + n;
            }
            byKey.put(key, nic);
        }
        return byKey;
    }
}
