package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.NicId;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.Hypervisor;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NetworkStatus;
import io.tapwright.model.status.NicStatus;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.model.userspace.UserspaceSwitch;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The way in: whatever happens anywhere is told to this class, which takes note of it and queues a key.
 *
 * <p>Any thread may call any method; none of them blocks but {@link #start} and {@link #close}.
 */
public final class ControlPlane implements AutoCloseable {

    private final ControlSettings settings;
    private final HostNetwork host;
    private final Hypervisor hypervisor;
    private final UserspaceSwitch userspace;
    private final SwitchPorts ports;
    private final ControlListener listener;
    private final Inventory inventory;
    private final DeviceIndex index;
    private final StatusBoard board;
    private final WorkQueue<Key> queue;
    private final Workers workers;
    private volatile AutoCloseable monitor = () -> { };

    public ControlPlane(ControlSettings settings, HostNetwork host, Hypervisor hypervisor, ControlListener listener,
            InstantSource clock) {
        this(settings, host, hypervisor, new NoSwitch(), listener, clock);
    }

    /** @param userspace the switch in user space, for the networks that have one, or had */
    public ControlPlane(ControlSettings settings, HostNetwork host, Hypervisor hypervisor, UserspaceSwitch userspace,
            ControlListener listener, InstantSource clock) {
        this(settings, host, hypervisor, userspace, listener, clock, System::nanoTime, SwitchPorts.PATIENCE);
    }

    /** @param nanoClock as {@link System#nanoTime}, of which the hypervisor's times are told too */
    ControlPlane(ControlSettings settings, HostNetwork host, Hypervisor hypervisor, ControlListener listener,
            InstantSource clock, LongSupplier nanoClock) {
        this(settings, host, hypervisor, new NoSwitch(), listener, clock, nanoClock, Duration.ZERO);
    }

    /**
     * @param nanoClock      as {@link System#nanoTime}, of which the hypervisor's times are told too
     * @param switchPatience how long a hook waits for the switch in user space
     */
    ControlPlane(ControlSettings settings, HostNetwork host, Hypervisor hypervisor, UserspaceSwitch userspace,
            ControlListener listener, InstantSource clock, LongSupplier nanoClock, Duration switchPatience) {
        this.settings = settings;
        this.host = host;
        this.hypervisor = hypervisor;
        this.userspace = userspace;
        this.listener = listener;
        this.inventory = new Inventory(nanoClock);
        this.index = new DeviceIndex(settings.taps().instance(), configuredDevices(settings));
        this.board = new StatusBoard(clock, nanoClock, listener);
        this.queue = new WorkQueue<>(nanoClock);
        this.ports = new SwitchPorts(userspace, settings.catalog().networks().values().stream().filter(Network::userspace)
                .map(Network::name).collect(Collectors.toSet()), switchPatience, settings.dryRun(), queue,
                nanoClock, listener);
        Actor actor = new Actor(host, settings.dryRun(), nanoClock, listener);
        Disposal disposal = new Disposal(host, actor, index, queue, nanoClock);
        Reconciler reconciler = new Reconciler(host, actor, settings, inventory, index, board, disposal, ports,
                nanoClock, listener);
        Sweeper sweeper = new Sweeper(host, actor, settings, inventory, index, ports, nanoClock, listener);
        this.workers = new Workers(queue, reconciler, disposal, sweeper, new Backoff(RandomGenerator.getDefault()), inventory,
                () -> board.libvirt().state().equals("connected"), settings, nanoClock, listener);
    }

    /**
     * Watches the kernel, looks at every device once, brings up the networks. When it returns, the hook can be answered
     * and libvirt listened to.
     */
    public void start() {
        workers.start();
        watch().join();
        reachSwitch();
        CompletableFuture.allOf(settings.catalog().networks().keySet().stream()
                .map(name -> queue.addUrgent(new Key.Network(name)).exceptionally(toldAndRetried -> null))
                .toArray(CompletableFuture[]::new)).join();
    }

    /** Watches the kernel first, so that nothing is missed between the look at every device and the rest. */
    CompletableFuture<Void> watch() {
        monitor = host.monitor(new KernelEvents(settings, inventory, index, board, queue, listener));
        return queue.addUrgent(new Key.Sweep()).exceptionally(toldAndRetried -> null);
    }

    /** Begins to connect to the switch in user space. */
    void reachSwitch() {
        boolean isWanted = settings.catalog().networks().values().stream().anyMatch(Network::userspace);
        userspace.start(isWanted ? ports : new Farewell(userspace, host, index, ports));
    }

    /** Does all that is ready on the calling thread, in place of the workers. */
    void drain() {
        workers.drain();
    }

    /** Begins to connect to libvirt; its domains come in by themselves. */
    public void listenToLibvirt() {
        hypervisor.start(new LibvirtEvents(
                inventory, index, board, queue, hypervisor, settings.reaperGrace(), listener));
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
        return look(live.id()).handle((done, failure) -> answer(live, failure));
    }

    /** Completes when work on the domain that began after this call is done, and again after the switch has answered. */
    private CompletableFuture<Void> look(DomainId id) {
        return queue.addUrgent(new Key.Domain(id)).thenCompose(done -> ports.settled(id)).thenCompose(waited ->
                waited ? queue.addUrgent(new Key.Domain(id)) : CompletableFuture.completedFuture(null));
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
        if (entry.isEmpty() || entry.get().live().isEmpty()
                || !inventory.onAnnounced(entry.get().id(), nic, settings.announcement())) {
            return CompletableFuture.completedFuture(new HookAnswer.Refused(
                    List.of("domain '" + domainName + "' does not run, so no NIC can be plugged into it")));
        }
        DomainId id = entry.get().id();
        Optional<InterfaceSpec> same = entry.get().live().get().interfaces().stream()
                .filter(other -> other.mac().equals(nic.mac())).findFirst();
        if (same.isPresent() && !same.get().target().equals(nic.target())) {
            return CompletableFuture.completedFuture(new HookAnswer.Refused(List.of("domain '" + domainName + "' NIC " + nic.mac()
                    + ": the running VM has a NIC of this MAC address already, give each its own")));
        }
        DomainSpec only = entry.get().live().get().withInterfaces(List.of(nic));
        return look(id).handle((done, failure) -> answer(only, failure));
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

    /** True while the switch in user space can be reached; false also where there is none. */
    public boolean isSwitchReachable() {
        return ports.isReachable();
    }

    /** The switch in user space with counters of this moment; a port's name is that of its {@link NicId}. */
    public CompletableFuture<SwitchState> switchState() {
        return userspace.state();
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
        userspace.close();
        workers.close();
    }

    /** Ready only where every NIC that was asked for was seen to be: whatever is unclear is refused. */
    private HookAnswer answer(DomainSpec asked, Throwable outcome) {
        String who = "domain '" + asked.name() + "'";
        Throwable failure = outcome instanceof CompletionException wrapped ? wrapped.getCause() : outcome;
        if (failure != null) {
            return new HookAnswer.Refused(List.of(who + ": its NICs could not be looked at: "
                    + (failure instanceof HostNetworkException || failure instanceof IllegalStateException
                            ? failure.getMessage() : failure)));
        }
        DomainStatus status = board.domain(asked.id());
        if (status == null) {
            return new HookAnswer.Refused(List.of(who + ": was stopped again while it was being prepared"));
        }
        List<String> reasons = asked.interfaces().stream().filter(InterfaceSpec::mayBeOurs)
                .flatMap(nic -> Stream.concat(refusals(who, nic, status), missing(who, new NicId(asked.id(), nic.mac()))))
                .distinct().toList();
        return reasons.isEmpty() ? new HookAnswer.Ready() : new HookAnswer.Refused(reasons);
    }

    /** QEMU finds no socket where the switch does not have the NIC's port. */
    private Stream<String> missing(String who, NicId nic) {
        return ports.missing(nic).map(reason -> who + " NIC " + nic.mac() + ": " + reason).stream();
    }

    private static Stream<String> refusals(String who, InterfaceSpec nic, DomainStatus status) {
        List<NicStatus> found = status.nics().stream().filter(s -> s.mac().equals(nic.mac().text())).toList();
        if (found.isEmpty()) {
            return Stream.of(who + " NIC " + nic.mac() + ": was unplugged again while it was being prepared");
        }
        return found.stream().flatMap(s -> switch (s.state()) {
            case FAILED -> Stream.of(refusal(s));
            case READY -> nic.linkUp()
                    ? Stream.of(who + " NIC " + nic.mac() + ": was detached again while it was being prepared")
                    : Stream.empty();
            case WIRED, PENDING, OBSERVED -> Stream.empty();
        });
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
            if (network.userspace()) {
                names.add(network.switchTap());
            }
        }
        return names;
    }
}
