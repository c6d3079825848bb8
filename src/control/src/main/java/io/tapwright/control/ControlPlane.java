package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.domain.ConnectionState;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.Hypervisor;
import io.tapwright.model.domain.HypervisorListener;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkListener;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NetworkStatus;
import io.tapwright.model.status.NicState;
import io.tapwright.model.status.NicStatus;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * The way in: whatever happens anywhere is told to this class, which takes note of it and queues a key.
 *
 * <p>Any thread may call any method; none of them blocks but {@link #start} and {@link #close}.
 */
public final class ControlPlane implements AutoCloseable {

    private final ControlSettings settings;
    private final HostNetwork host;
    private final Hypervisor hypervisor;
    private final ControlListener listener;
    private final Inventory inventory;
    private final DeviceIndex index;
    private final StatusBoard board;
    private final WorkQueue<Key> queue;
    private final Workers workers;
    private volatile AutoCloseable monitor = () -> { };

    public ControlPlane(ControlSettings settings, HostNetwork host, Hypervisor hypervisor, ControlListener listener,
            InstantSource clock) {
        this.settings = settings;
        this.host = host;
        this.hypervisor = hypervisor;
        this.listener = listener;
        this.inventory = new Inventory(System::nanoTime);
        this.index = new DeviceIndex(settings.taps().instance(), configuredDevices(settings));
        this.board = new StatusBoard(clock, System::nanoTime, listener);
        this.queue = new WorkQueue<>(System::nanoTime);
        Actor actor = new Actor(host, settings.dryRun(), System::nanoTime, listener);
        Reconciler reconciler = new Reconciler(host, actor, settings, inventory, index, board);
        Sweeper sweeper = new Sweeper(host, actor, settings, inventory, index, System::nanoTime, listener);
        this.workers = new Workers(queue, reconciler, sweeper, new Backoff(RandomGenerator.getDefault()), inventory,
                () -> board.libvirt().state().equals("connected"), settings, listener);
    }

    /**
     * Watches the kernel, looks at every device once, brings up the networks. When it returns, the hook can be answered
     * and libvirt listened to.
     */
    public void start() {
        monitor = host.monitor(new KernelEvents());
        workers.start();
        queue.addUrgent(new Key.Sweep()).join();
        settings.catalog().networks().keySet().forEach(name -> queue.addUrgent(new Key.Network(name)).join());
    }

    /** Begins to connect to libvirt; its domains come in by themselves. */
    public void listenToLibvirt() {
        hypervisor.start(new LibvirtEvents());
    }

    /** The timer: ask libvirt for everything, look at every device. */
    public void resync() {
        hypervisor.refreshAll();
        queue.add(new Key.Sweep());
    }

    /**
     * The hook asks to prepare a domain. The answer completes when its NICs are wired, or can't be.
     *
     * @param live the domain as it is about to run
     */
    public CompletableFuture<HookAnswer> prepare(DomainSpec live) {
        inventory.onPrepare(live);
        return queue.addUrgent(new Key.Domain(live.id())).thenApply(done -> answer(live));
    }

    /** The hook tells of a domain that runs ({@code start}, {@code started}, {@code reconnect}). */
    public void running(DomainSpec live) {
        inventory.onRunning(live);
        queue.add(new Key.Domain(live.id()));
    }

    /** The hook tells that a domain's QEMU is dead ({@code stopped}). */
    public void stopped(DomainSpec spec) {
        inventory.onStopped(spec);
        queue.add(new Key.Domain(spec.id()));
        hypervisor.refresh(spec.id());
    }

    /** The hook tells that a domain's devices are free ({@code release}). */
    public void released(DomainSpec spec) {
        inventory.onReleased(spec);
        queue.add(new Key.Domain(spec.id()));
        hypervisor.refresh(spec.id());
    }

    /** Somebody is about to plug this NIC into a running domain: wire its tap ahead of it. */
    public CompletableFuture<HookAnswer> announce(String domainName, InterfaceSpec nic) {
        Optional<DomainEntry> entry = inventory.entry(domainName);
        if (entry.isEmpty() || entry.get().live().isEmpty()) {
            return CompletableFuture.completedFuture(new HookAnswer.Refused(
                    List.of("domain '" + domainName + "' does not run, so no NIC can be plugged into it")));
        }
        DomainId id = entry.get().id();
        inventory.onAnnounced(id, nic, settings.announcement());
        queue.addAfter(new Key.Domain(id), settings.announcement().plusMillis(1));
        DomainSpec only = new DomainSpec(id, domainName, List.of(nic), entry.get().live().get().networks());
        return queue.addUrgent(new Key.Domain(id)).thenApply(done -> answer(only));
    }

    public LibvirtStatus libvirt() {
        return board.libvirt();
    }

    public Collection<DomainStatus> domains() {
        return board.domains();
    }

    public Collection<NetworkStatus> networks() {
        return board.networks();
    }

    public int queueDepth() {
        return queue.depth();
    }

    public Duration oldestInQueue() {
        return queue.oldestAge();
    }

    /** Completes when a worker has taken a key and the kernel has answered it: proof that work gets done. */
    public CompletableFuture<Void> probe() {
        return workers.probe();
    }

    @Override
    public void close() {
        hypervisor.close();
        try {
            monitor.close();
        } catch (Exception e) {
            listener.problem("could not stop watching the kernel: " + e);
        }
        workers.close();
    }

    private HookAnswer answer(DomainSpec asked) {
        DomainStatus status = board.domain(asked.id());
        Set<String> macs = new HashSet<>();
        asked.interfaces().stream().filter(InterfaceSpec::isOurs).forEach(nic -> macs.add(nic.mac().text()));
        List<String> reasons = status == null
                ? List.of("domain '" + asked.name() + "': was stopped again while it was being prepared")
                : status.nics().stream()
                        .filter(nic -> macs.contains(nic.mac()) && nic.state() == NicState.FAILED)
                        .map(ControlPlane::refusal).toList();
        return reasons.isEmpty() ? new HookAnswer.Ready() : new HookAnswer.Refused(reasons);
    }

    private static String refusal(NicStatus nic) {
        return "domain '" + nic.domain() + "' NIC " + nic.mac() + (nic.tap() == null ? "" : " (" + nic.tap() + ")") + ": "
                + nic.reason();
    }

    private static Set<InterfaceName> configuredDevices(ControlSettings settings) {
        Set<InterfaceName> names = new HashSet<>();
        for (Network network : settings.catalog().networks().values()) {
            names.add(network.bridge());
            network.uplink().ifPresent(uplink -> names.add(uplink.device()));
        }
        return names;
    }

    /** libvirt's side; called on its thread. */
    private final class LibvirtEvents implements HypervisorListener {

        @Override
        public void onConnection(ConnectionState state) {
            board.putLibvirt(new LibvirtStatus(state.uri(), state.state().name().toLowerCase(Locale.ROOT),
                    state.reason().isEmpty() ? null : state.reason(), state.since()));
        }

        @Override
        public void onListed(List<DomainReport> all, long startedNanos) {
            Set<DomainId> before = new HashSet<>();
            inventory.entries().forEach(e -> before.add(e.id()));
            inventory.onListed(all, startedNanos).forEach(hypervisor::refresh);
            inventory.entries().forEach(e -> before.add(e.id()));
            before.forEach(id -> queue.add(new Key.Domain(id)));
            queue.add(new Key.Sweep());
        }

        @Override
        public void onDomain(DomainReport report) {
            if (inventory.onReport(report)) {
                queue.add(new Key.Domain(report.id()));
            } else {
                hypervisor.refresh(report.id());
            }
        }

        @Override
        public void onGone(DomainId id, long readStartedNanos) {
            if (inventory.onGone(id, readStartedNanos)) {
                queue.add(new Key.Domain(id));
            } else {
                hypervisor.refresh(id);
            }
        }

        @Override
        public void onEvent(String name) {
            listener.libvirtEvent(name);
        }
    }

    /** The kernel's side; called on the monitor's thread. */
    private final class KernelEvents implements LinkListener {

        @Override
        public void onChanged(Link link) {
            index.note(link).ifPresent(this::queueConcerned);
        }

        @Override
        public void onGone(LinkRef link) {
            index.noteGone(link.index()).ifPresent(this::queueConcerned);
        }

        @Override
        public void onOverrun() {
            queue.add(new Key.Sweep());
        }

        private void queueConcerned(DeviceIndex.Change change) {
            change.before().ifPresent(link -> queueOwner(link, change));
            change.after().ifPresent(link -> queueOwner(link, change));
        }

        private void queueOwner(Link link, DeviceIndex.Change change) {
            index.owner(link).ifPresent(domain -> queue.add(new Key.Domain(domain)));
            for (Network network : settings.catalog().networks().values()) {
                boolean isBridge = network.bridge().equals(link.name());
                if (isBridge || network.uplink().filter(u -> u.device().equals(link.name())).isPresent()) {
                    queue.add(new Key.Network(network.name()));
                }
                if (isBridge && change.mattersToPorts()) {
                    queueDomainsOn(network.name());
                }
            }
        }

        private void queueDomainsOn(String network) {
            for (DomainStatus domain : board.domains()) {
                if (domain.nics().stream().anyMatch(nic -> network.equals(nic.network()))) {
                    queue.add(new Key.Domain(DomainId.of(domain.uuid())));
                }
            }
        }
    }
}
