package io.tapwright.testkit.libvirt;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.ConnectionState;
import io.tapwright.model.domain.ConnectionState.State;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.Hypervisor;
import io.tapwright.model.domain.HypervisorListener;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * A libvirt that has the domains which the test gives it, and answers when the test says {@link #deliver}. Between
 * question and answer anything may happen: {@link #list} and {@link #read} take an answer that the test can hand over
 * later. Outlives its listeners, as libvirtd outlives the agent. One thread.
 */
public final class FakeHypervisor implements Hypervisor {

    private static final String URI = "fake:///system";

    private final LongSupplier nanoClock;
    private final Map<DomainId, Domain> domains = new LinkedHashMap<>();
    private final Set<DomainId> toRead = new LinkedHashSet<>();
    private final Map<DomainId, String> unreadable = new LinkedHashMap<>();
    private final List<String> events = new ArrayList<>();
    private HypervisorListener listener;
    private boolean connected;
    private boolean toList;
    private int timesListed;

    private record Domain(String name, Optional<DomainSpec> config, Optional<DomainSpec> live) {
    }

    /** What libvirt said, and when it was asked. */
    public record Listing(List<DomainReport> reports, long startedNanos) {
    }

    /** @param nanoClock as {@link System#nanoTime}, the same as the listener's */
    public FakeHypervisor(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    @Override
    public void start(HypervisorListener newListener) {
        listener = newListener;
        connected = false;
        listener.onConnection(new ConnectionState(URI, State.CONNECTING, Instant.EPOCH, ""));
    }

    @Override
    public void refresh(DomainId id) {
        if (connected) {
            toRead.add(id);
        }
    }

    @Override
    public void refreshAll() {
        toList |= connected;
    }

    /** The listener ends; the domains stay. */
    @Override
    public void close() {
        connected = false;
        toRead.clear();
        events.clear();
        toList = false;
        listener = null;
    }

    /** libvirt can be reached: everything will be listed. */
    public void connect() {
        connected = true;
        listener.onConnection(new ConnectionState(URI, State.CONNECTED, Instant.EPOCH, ""));
        toList = true;
    }

    /** libvirt is gone, and with it every question that was not answered. */
    public void disconnect(String reason) {
        connected = false;
        toRead.clear();
        events.clear();
        toList = false;
        listener.onConnection(new ConnectionState(URI, State.DISCONNECTED, Instant.EPOCH, reason));
    }

    /** Hands over the answers to all that was asked; true where there was anything. */
    public boolean deliver() {
        boolean any = false;
        while (connected && (toList || !toRead.isEmpty() || !events.isEmpty())) {
            any = true;
            List<String> news = List.copyOf(events);
            events.clear();
            news.forEach(listener::onEvent);
            if (toList) {
                toList = false;
                hand(list());
            }
            Set<DomainId> asked = new LinkedHashSet<>(toRead);
            toRead.clear();
            asked.forEach(this::answer);
        }
        return any;
    }

    /** What libvirt lists now, for {@link #hand}. */
    public Listing list() {
        timesListed++;
        long started = nanoClock.getAsLong();
        return new Listing(domains.keySet().stream().filter(id -> !unreadable.containsKey(id))
                .map(id -> report(id, started)).toList(), started);
    }

    public void hand(Listing listing) {
        unreadable.forEach(listener::onUnreadable);
        listener.onListed(listing.reports(), listing.startedNanos());
    }

    /** What libvirt says of one domain now, for {@link #listener}. */
    public DomainReport read(DomainId id) {
        return report(id, nanoClock.getAsLong());
    }

    public HypervisorListener listener() {
        return listener;
    }

    public int timesListed() {
        return timesListed;
    }

    /** {@code virsh define}: a definition, of a domain that runs or not. */
    public void define(DomainSpec config) {
        Optional<DomainSpec> live = Optional.ofNullable(domains.get(config.id())).flatMap(Domain::live);
        domains.put(config.id(), new Domain(config.name(), Optional.of(config), live));
        event("DEFINED", config.id());
    }

    /** {@code virsh undefine}: one that runs becomes transient. */
    public void undefine(DomainId id) {
        Domain known = domains.get(id);
        if (known.live().isPresent()) {
            domains.put(id, new Domain(known.name(), Optional.empty(), known.live()));
        } else {
            domains.remove(id);
        }
        event("UNDEFINED", id);
    }

    /** The domain counts as active from here on; the event comes with {@link #started}. */
    public void activate(DomainSpec live) {
        Optional<DomainSpec> config = Optional.ofNullable(domains.get(live.id())).flatMap(Domain::config);
        domains.put(live.id(), new Domain(live.name(), config, Optional.of(live)));
    }

    public void started(DomainId id) {
        event("STARTED", id);
    }

    /** Its QEMU is gone; a transient domain is no more. */
    public void deactivate(DomainId id) {
        Domain known = domains.get(id);
        if (known.config().isPresent()) {
            domains.put(id, new Domain(known.name(), known.config(), Optional.empty()));
        } else {
            domains.remove(id);
        }
        event("STOPPED", id);
    }

    /** The running machine is another: a NIC more or less, or its metadata. */
    public void change(DomainSpec live, String event) {
        domains.put(live.id(), new Domain(live.name(), domains.get(live.id()).config(), Optional.of(live)));
        event(event, live.id());
    }

    /** libvirt has the domain, but can't tell of it until {@code reason} is null. */
    public void unreadable(DomainId id, String reason) {
        if (reason == null) {
            unreadable.remove(id);
        } else {
            unreadable.put(id, reason);
        }
    }

    /** Everything is forgotten, as by a libvirtd that found another disk. */
    public void forgetEverything() {
        domains.clear();
    }

    private void event(String name, DomainId id) {
        if (connected) {
            events.add(name);
            toRead.add(id);
        }
    }

    private void answer(DomainId id) {
        if (unreadable.containsKey(id)) {
            listener.onUnreadable(id, unreadable.get(id));
        } else if (domains.containsKey(id)) {
            listener.onDomain(read(id));
        } else {
            listener.onGone(id, nanoClock.getAsLong());
        }
    }

    private DomainReport report(DomainId id, long startedNanos) {
        Domain domain = domains.get(id);
        return new DomainReport(id, domain.name(), domain.config().isPresent(), domain.config(), domain.live(), startedNanos);
    }
}
