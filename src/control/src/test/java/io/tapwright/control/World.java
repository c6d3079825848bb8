package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.mac;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.MacAddress;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.TapOwner;
import io.tapwright.model.network.Network;
import io.tapwright.model.network.NetworkCatalog;
import io.tapwright.model.network.Rule;
import io.tapwright.model.plan.BridgePolicy;
import io.tapwright.model.plan.TapPolicy;
import io.tapwright.model.plan.UserspacePolicy;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.NicStatus;
import io.tapwright.testkit.libvirt.FakeHypervisor;
import io.tapwright.testkit.net.FakeHostNetwork;
import io.tapwright.testkit.userspace.FakeUserspaceSwitch;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * A host on paper: a kernel and a libvirt in memory, QEMUs that hold taps, and an agent's control plane that is driven by
 * hand, so that everything happens in the test's own order and time.
 */
final class World {

    static final Duration GRACE = Duration.ofSeconds(60);
    static final Duration ANNOUNCEMENT = Duration.ofSeconds(30);
    static final String INSTANCE = "main";
    static final Path SOCKETS = Path.of("/run/tapwright/vhost");
    static final TapOwner SWITCH_USER = new TapOwner(991, -1);

    final HandClock clock = new HandClock();
    final FakeHostNetwork kernel = new FakeHostNetwork();
    final FakeHypervisor libvirt = new FakeHypervisor(clock);
    final FakeUserspaceSwitch userspace = new FakeUserspaceSwitch();
    final Map<String, Network> networks = new LinkedHashMap<>();
    final List<Rule> rules = new ArrayList<>();
    final Recorder told = new Recorder();

    /** In real time, which the hand-driven clock does not stop: short only where a test lets it pass. */
    Duration switchPatience = Duration.ofMinutes(1);
    boolean dryRun;
    ControlPlane agent;

    /** What the agent sees of the kernel; a test may put something between. */
    private UnaryOperator<HostNetwork> seam = host -> host;
    private HostNetwork seen;

    /** A host with a bridge br0, up, that is the network {@code default}. */
    static World withDefaultBridge() {
        World world = new World();
        world.addBridge("br0");
        world.networks.put("default", Network.of("default", "br0"));
        return world;
    }

    World network(Network network) {
        networks.put(network.name(), network);
        return this;
    }

    static Network made(String name, String bridge, String... addresses) {
        return new Network(name, new InterfaceName(bridge), true,
                List.of(addresses).stream().map(IpPrefix::parse).toList(), Optional.empty(), Optional.empty());
    }

    static Network withUplink(Network network, String device, boolean moveAddresses) {
        return new Network(network.name(), network.bridge(), network.create(), network.addresses(), network.mtu(),
                Optional.of(new Network.Uplink(new InterfaceName(device), moveAddresses)));
    }

    static Network withMtu(Network network, int mtu) {
        return new Network(network.name(), network.bridge(), network.create(), network.addresses(), Optional.of(mtu),
                network.uplink());
    }

    static Network inUserspace(Network network) {
        return new Network(network.name(), network.bridge(), network.create(), network.addresses(), network.mtu(),
                network.uplink(), true);
    }

    void through(UnaryOperator<HostNetwork> newSeam) {
        seam = newSeam;
    }

    ControlSettings settings() {
        return new ControlSettings(new NetworkCatalog(networks, rules), new TapPolicy(INSTANCE, new TapOwner(64055, 109)),
                new BridgePolicy(INSTANCE, "host-1"), dryRun, Duration.ofSeconds(60), GRACE, ANNOUNCEMENT, 1,
                new UserspacePolicy(Optional.of(SOCKETS), SWITCH_USER));
    }

    // The agent

    /** The agent starts, and reaches libvirt. */
    World start() {
        startWithoutLibvirt();
        libvirt.connect();
        settle();
        return this;
    }

    World startWithoutLibvirt() {
        seen = seam.apply(kernel);
        agent = new ControlPlane(settings(), seen, libvirt, userspace, told, () -> Instant.EPOCH, clock, switchPatience);
        agent.watch();
        agent.reachSwitch();
        agent.drain();
        agent.listenToLibvirt();
        settle();
        return this;
    }

    /** The agent is gone, by whatever way; kernel and libvirt stay. */
    void stopAgent() {
        if (agent != null) {
            agent.close();
            agent = null;
        }
    }

    World restart() {
        stopAgent();
        return start();
    }

    /** All that can be done now is done, and what is condemned by it deleted. */
    void settle() {
        do {
            settleWithoutLibvirt();
        } while (libvirt.deliver() | userspace.deliver());
    }

    /** The same where libvirt has not said anything yet. */
    void settleWithoutLibvirt() {
        agent.drain();
        clock.pass(Disposal.QUIET);
        agent.drain();
    }

    void pass(Duration time) {
        clock.pass(time);
        settle();
    }

    /** Long enough for everything that is tried again, short enough for nothing to be reaped. */
    void passAWhile() {
        for (int i = 0; i < 5; i++) {
            pass(Duration.ofSeconds(10));
        }
    }

    void resync() {
        agent.resync();
        settle();
    }

    // What virsh does

    void define(DomainSpec spec) {
        libvirt.define(spec);
        settle();
    }

    void undefine(DomainSpec spec) {
        libvirt.undefine(spec.id());
        settle();
    }

    HookAnswer prepare(DomainSpec live) {
        libvirt.activate(live);
        return await(agent.prepare(live));
    }

    HookAnswer await(CompletableFuture<HookAnswer> answer) {
        do {
            agent.drain();
        } while (userspace.deliver());
        assertThat(answer).as("the hook's answer").isCompleted();
        return answer.join();
    }

    /** As {@link #await}, of a switch that does not answer: {@link #switchPatience} passes in real time. */
    HookAnswer awaitWithoutSwitch(CompletableFuture<HookAnswer> answer) {
        for (int i = 0; i < 1000 && !answer.isDone(); i++) {
            agent.drain();
            answer.copy().completeOnTimeout(null, 10, TimeUnit.MILLISECONDS).join();
        }
        return await(answer);
    }

    /** {@code virsh start} with the hook: prepared, taps opened by QEMU, started. */
    void run(DomainSpec live) {
        assertThat(prepare(live)).isEqualTo(new HookAnswer.Ready());
        open(live);
        agent.running(live);
        libvirt.started(live.id());
        settle();
    }

    /** {@code virsh start} where no hook is installed: libvirt finds the taps that are there, or doesn't start. */
    void runWithoutHook(DomainSpec live) {
        libvirt.activate(live);
        open(live);
        libvirt.started(live.id());
        settle();
    }

    /** QEMU opens its taps; their queues must be as the domain has them. */
    void open(DomainSpec live) {
        ours(live).forEach(nic -> {
            Link tap = link(nic.target().orElseThrow());
            assertThat(tap.tun().orElseThrow().multiQueue()).as("queues of " + tap.name()).isEqualTo(nic.isMultiQueue());
            kernel.hold(tap.name());
        });
    }

    void letGo(DomainSpec live) {
        ours(live).forEach(nic -> kernel.release(new InterfaceName(nic.target().orElseThrow())));
    }

    /** {@code virsh destroy} with the hook. */
    void stop(DomainSpec live) {
        letGo(live);
        agent.stopped(live);
        agent.released(live);
        libvirt.deactivate(live.id());
        settle();
    }

    void stopWithoutHook(DomainSpec live) {
        letGo(live);
        libvirt.deactivate(live.id());
        settle();
    }

    private static List<InterfaceSpec> ours(DomainSpec spec) {
        return spec.interfaces().stream().filter(InterfaceSpec::isOurs).toList();
    }

    // What others do to the kernel

    Link addBridge(String name) {
        Link bridge = kernel.addForeign(new InterfaceName(name), Link.BRIDGE);
        change(name, LinkChange.NONE.up(true));
        return bridge;
    }

    void change(String device, LinkChange change) {
        kernel.applyAsOther(new HostAction.ChangeLink(ref(device), change));
    }

    void delete(String device) {
        kernel.applyAsOther(new HostAction.DeleteLink(ref(device)));
    }

    void makeTap(String device) {
        kernel.applyAsOther(new HostAction.CreateTap(new InterfaceName(device), false, TapOwner.NOBODY, LinkChange.NONE));
    }

    // What there is to see

    LinkRef ref(String device) {
        return link(device).ref();
    }

    Link link(String device) {
        return kernel.link(new InterfaceName(device)).orElseThrow(() -> new AssertionError("no device " + device));
    }

    String masterOf(String device) {
        int master = link(device).master();
        return master == Link.NO_MASTER ? "" : kernel.link(master).orElseThrow().name().text();
    }

    List<String> devices() {
        return SeenKernel.names(kernel);
    }

    DomainStatus status(DomainId id) {
        return agent.domains().stream().filter(d -> d.uuid().equals(id.toString())).findFirst()
                .orElseThrow(() -> new AssertionError("no status of " + id));
    }

    NicStatus nic(int lastOfMac) {
        MacAddress mac = mac(lastOfMac);
        return agent.domains().stream().flatMap(d -> d.nics().stream()).filter(n -> n.mac().equals(mac.text()))
                .findFirst().orElseThrow(() -> new AssertionError("no status of NIC " + mac));
    }
}
