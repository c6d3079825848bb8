package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.Mark;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.status.NicState;
import io.tapwright.testkit.libvirt.FakeHypervisor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hooks, libvirt, somebody else's hands on the kernel and three workers, all at once and at random; when it gets quiet,
 * the host must be exactly as libvirt's domains want it. The seed decides what happens, the machine in which order.
 */
class ManyThreadsTest {

    private static final int DOMAINS = 12;
    private static final int MOVES = 300;
    private static final int MISCHIEFS = 60;
    private static final Duration GRACE = Duration.ofMillis(500);
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(50);

    private final World world = World.withDefaultBridge();
    private final FakeHypervisor libvirt = new FakeHypervisor(System::nanoTime);
    private final List<DomainSpec> specs = IntStream.range(0, DOMAINS)
            .mapToObj(i -> domain("vm" + i).nic(2 * i, "vnet" + 2 * i).nic(2 * i + 1, "vnet" + (2 * i + 1)).spec()).toList();
    private final Map<DomainSpec, String> lives = new HashMap<>(); // undefined, off, transient, running
    private ControlPlane agent;
    /** Else marks are wiped off: an agent that is not there just then has lost the device, and rightly refuses it. */
    private boolean agentRestarts;

    @AfterEach
    void close() {
        agent.close();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void atRestTheHostIsAsTheDomainsWantIt(long seed) throws InterruptedException {
        agentRestarts = seed % 2 == 0;
        specs.forEach(spec -> lives.put(spec, "undefined"));
        startAgent();
        Random random = new Random(seed);
        Thread mischief = Thread.ofPlatform().start(() -> mischief(new Random(-seed)));
        for (int i = 0; i < MOVES; i++) {
            move(specs.get(random.nextInt(DOMAINS)), random);
        }
        mischief.join();
        if (world.kernel.link(new InterfaceName("br0")).isEmpty()) {
            world.addBridge("br0");
        }
        assertThat(rest()).as("what is wrong once it is quiet, seed " + seed).isEmpty();
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, Long.getLong("tapwright.test.seeds", 20));
    }

    private void startAgent() {
        ControlSettings one = world.settings();
        agent = new ControlPlane(new ControlSettings(one.catalog(), one.taps(), one.bridges(), false, one.resyncInterval(),
                GRACE, one.announcement(), 3), world.kernel, libvirt, new Recorder(), Instant::now);
        agent.start();
        agent.listenToLibvirt();
        libvirt.connect();
        libvirt.deliver();
    }

    // What virsh does, on one thread

    private void move(DomainSpec spec, Random random) {
        switch (random.nextInt(40)) {
            case 0 -> {
                if (agentRestarts) {
                    agent.close();
                    libvirt.close();
                    startAgent();
                }
            }
            case 1 -> {
                libvirt.disconnect("for a moment");
                libvirt.connect();
            }
            case 2 -> agent.resync();
            default -> live(spec, random);
        }
        if (random.nextInt(3) > 0) {
            libvirt.deliver();
        }
    }

    private void live(DomainSpec spec, Random random) {
        switch (lives.get(spec)) {
            case "undefined" -> {
                if (random.nextBoolean()) {
                    libvirt.define(spec);
                    lives.put(spec, "off");
                } else {
                    start(spec, "transient", "undefined");
                }
            }
            case "off" -> {
                if (random.nextInt(3) > 0) {
                    start(spec, "running", "off");
                } else {
                    libvirt.undefine(spec.id());
                    lives.put(spec, "undefined");
                }
            }
            case "running" -> stop(spec, "off");
            case "transient" -> stop(spec, "undefined");
            default -> throw new AssertionError(lives.get(spec));
        }
    }

    private void start(DomainSpec spec, String ifReady, String ifNot) {
        libvirt.activate(spec);
        boolean ready = agent.prepare(spec).join() instanceof HookAnswer.Ready && open(spec);
        if (ready) {
            agent.running(spec);
            libvirt.started(spec.id());
        } else {
            agent.stopped(spec);
            agent.released(spec);
            libvirt.deactivate(spec.id());
        }
        lives.put(spec, ready ? ifReady : ifNot);
    }

    private boolean open(DomainSpec spec) {
        List<InterfaceName> held = new ArrayList<>();
        try {
            spec.interfaces().forEach(nic -> {
                InterfaceName tap = new InterfaceName(nic.target().orElseThrow());
                world.kernel.hold(tap);
                held.add(tap);
            });
            return true;
        } catch (HostNetworkException somebodyTookIt) {
            held.forEach(world.kernel::release);
            return false;
        }
    }

    private void stop(DomainSpec spec, String then) {
        world.letGo(spec);
        agent.stopped(spec);
        agent.released(spec);
        libvirt.deactivate(spec.id());
        lives.put(spec, then);
    }

    // What somebody else does, on another

    private void mischief(Random random) {
        for (int i = 0; i < MISCHIEFS; i++) {
            String tap = "vnet" + random.nextInt(2 * DOMAINS);
            try {
                switch (random.nextInt(8)) {
                    case 0 -> {
                        world.delete("br0");
                        world.addBridge("br0");
                    }
                    case 1 -> world.change(tap, LinkChange.NONE.master(Link.NO_MASTER));
                    case 2 -> world.change(tap, LinkChange.NONE.up(random.nextBoolean()));
                    case 3 -> world.change(tap, LinkChange.NONE.mtu(1400));
                    case 4 -> world.change(tap, agentRestarts ? LinkChange.NONE.master(Link.NO_MASTER) : LinkChange.NONE.alias(""));
                    case 5 -> deleteUnlessHeld(tap);
                    case 6 -> world.kernel.overrun();
                    default -> world.change("br0", LinkChange.NONE.mtu(random.nextBoolean() ? 1500 : 9000));
                }
            } catch (HostNetworkException | AssertionError notThereNow) {
                // Somebody else was faster.
            }
            LockSupport.parkNanos(random.nextInt(2_000_000));
        }
    }

    private void deleteUnlessHeld(String tap) {
        if (!world.link(tap).carrier()) {
            world.kernel.applyAsOther(new HostAction.DeleteLink(world.ref(tap)));
        }
    }

    // What there is to see once it is quiet

    /** No timer helps here: whatever is lost of events, hooks and news stays lost. */
    private List<String> rest() {
        long end = System.nanoTime() + REST_NANOS;
        List<String> wrong;
        do {
            libvirt.deliver();
            agent.probe().join();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            wrong = wrong();
        } while (!wrong.isEmpty() && System.nanoTime() - end < 0);
        return wrong;
    }

    private List<String> wrong() {
        List<String> wrong = new ArrayList<>();
        Link bridge = world.link("br0");
        TreeSet<String> expected = new TreeSet<>(List.of("lo", "br0"));
        lives.forEach((spec, life) -> {
            if (!life.equals("undefined")) {
                spec.interfaces().forEach(nic -> {
                    String device = nic.target().orElseThrow();
                    expected.add(device);
                    check(spec, device, !life.equals("off"), bridge).ifPresent(wrong::add);
                });
            }
        });
        List<String> present = world.kernel.links(HostNetwork.Detail.STATE).stream().map(l -> l.name().text()).sorted().toList();
        if (!present.equals(List.copyOf(expected))) {
            wrong.add("devices " + present + " instead of " + expected);
        }
        long known = lives.values().stream().filter(life -> !life.equals("undefined")).count();
        if (agent.domains().size() != known) {
            wrong.add(agent.domains().size() + " domains instead of " + known);
        }
        return wrong;
    }

    private Optional<String> check(DomainSpec spec, String device, boolean on, Link bridge) {
        Optional<Link> found = world.kernel.link(new InterfaceName(device));
        if (found.isEmpty()) {
            return Optional.of(device + " is missing");
        }
        Link tap = found.get();
        boolean marked = tap.mark().filter(m -> m instanceof Mark.Tap t && t.nic().domain().equals(spec.id())).isPresent();
        NicState wanted = on ? tap.carrier() ? NicState.WIRED : NicState.PENDING : NicState.READY;
        NicState said = agent.domains().stream().flatMap(d -> d.nics().stream()).filter(n -> device.equals(n.tap()))
                .map(n -> n.state()).findFirst().orElse(null);
        boolean right = marked && tap.up() == on && tap.mtu() == bridge.mtu() && tap.ipv6Disabled()
                && tap.master() == (on ? bridge.index() : Link.NO_MASTER) && said == wanted;
        return right ? Optional.empty() : Optional.of(device + " of " + (on ? "running " : "off ") + spec.name() + " is said to be "
                + said + " and is " + tap);
    }
}
