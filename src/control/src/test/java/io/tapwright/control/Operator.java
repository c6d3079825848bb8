package io.tapwright.control;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.NicStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Runs a host whose agent may be refused or die at any moment: what fails is done again, an agent that died is started
 * again as systemd would do it, and after each step there is time for everything to come to rest.
 */
final class Operator {

    /** For what is tried again soon, late, and last of all; together longer than the grace time. */
    private static final List<Duration> PAUSES = Stream.of(1, 5, 31, 31, 61, 5).map(Duration::ofSeconds).toList();

    final World world;
    private final Fault fault;
    private final List<String> refusals = new ArrayList<>();
    private boolean shouldRun;

    Operator(World world, Fault fault) {
        this.world = world;
        this.fault = fault;
        world.through(fault::life);
    }

    /** What an operator could have read: of the agent's statuses and problems, and from virsh. */
    List<String> sentences() {
        List<String> all = new ArrayList<>(world.told.sentences());
        all.addAll(refusals);
        return all;
    }

    /** Whatever the agent is asked for here may be its death. */
    private void surviving(Runnable work) {
        try {
            work.run();
        } catch (Fault.Death e) {
            world.agent = null;
            world.libvirt.close();
        }
    }

    private void withAgent(Runnable work) {
        if (world.agent != null) {
            surviving(work);
        }
    }

    private void settle() {
        withAgent(world::settle);
    }

    /** The agent is running, as far as systemd can help it. */
    void startAgent() {
        shouldRun = true;
        while (world.agent == null) {
            surviving(world::start);
        }
    }

    void stopAgent() {
        shouldRun = false;
        world.stopAgent();
    }

    void restartWith(Network... networks) {
        stopAgent();
        world.networks.clear();
        List.of(networks).forEach(world::network);
        startAgent();
    }

    /** Time for everything that is tried again and everything that is reaped. */
    void comeToRest() {
        settle();
        PAUSES.forEach(this::pause);
        withAgent(world::resync);
        pause(PAUSES.getFirst());
        revive();
    }

    private void pause(Duration time) {
        revive();
        withAgent(() -> world.pass(time));
    }

    private void revive() {
        if (shouldRun && world.agent == null) {
            startAgent();
        }
    }

    // virsh

    void define(DomainSpec spec) {
        world.libvirt.define(spec);
        settle();
    }

    void undefine(DomainSpec spec) {
        world.libvirt.undefine(spec.id());
        settle();
    }

    /** {@code virsh start}, or {@code create}; again where it is refused. */
    void start(DomainSpec spec) {
        while (!tryStart(spec)) {
            comeToRest();
        }
    }

    private boolean tryStart(DomainSpec spec) {
        world.libvirt.activate(spec);
        if (!isReady(() -> world.prepare(spec))) {
            withAgent(() -> {
                world.agent.stopped(spec);
                world.agent.released(spec);
            });
            world.libvirt.deactivate(spec.id());
            settle();
            return false;
        }
        world.open(spec);
        withAgent(() -> world.agent.running(spec));
        world.libvirt.started(spec.id());
        settle();
        return true;
    }

    private boolean isReady(Supplier<HookAnswer> asked) {
        HookAnswer[] answer = {new HookAnswer.Refused(List.of("the agent does not answer"))};
        withAgent(() -> answer[0] = asked.get());
        return switch (answer[0]) {
            case HookAnswer.Ready() -> true;
            case HookAnswer.Refused(List<String> reasons) -> {
                refusals.addAll(reasons);
                yield false;
            }
        };
    }

    /** {@code virsh start} where no hook is installed. */
    void startWithoutHook(DomainSpec spec) {
        world.libvirt.activate(spec);
        world.open(spec);
        world.libvirt.started(spec.id());
        settle();
    }

    void stop(DomainSpec spec) {
        world.letGo(spec);
        withAgent(() -> {
            world.agent.stopped(spec);
            world.agent.drain();
        });
        withAgent(() -> world.agent.released(spec));
        world.libvirt.deactivate(spec.id());
        settle();
    }

    void stopWithoutHook(DomainSpec spec) {
        world.letGo(spec);
        world.libvirt.deactivate(spec.id());
        settle();
    }

    /** {@code virsh attach-device} after an announcement; again where that is refused. */
    void plug(DomainSpec after, InterfaceSpec nic) {
        while (!isReady(() -> world.await(world.agent.announce(after.name(), nic)))) {
            comeToRest();
        }
        world.kernel.hold(new InterfaceName(nic.target().orElseThrow()));
        world.libvirt.change(after, "DEVICE_ADDED");
        settle();
    }

    void unplug(DomainSpec after, InterfaceSpec nic) {
        world.libvirt.change(after, "DEVICE_REMOVED");
        settle();
        world.kernel.release(new InterfaceName(nic.target().orElseThrow()));
        settle();
    }

    void change(DomainSpec live, String event) {
        world.libvirt.change(live, event);
        settle();
    }

    void meanwhile(Runnable somebodyElse) {
        surviving(somebodyElse); // the kernel tells a fake monitor on the spot
        settle();
    }

    // What there is to see

    /** Kernel and status, in words that do not depend on how it came to be so. */
    List<String> picture() {
        List<String> picture = new ArrayList<>(SeenKernel.describe(world.kernel));
        if (world.agent != null) {
            world.agent.domains().forEach(d -> {
                picture.add("domain " + d.name() + " " + d.phase() + (d.persistent() ? "" : " transient"));
                d.nics().stream().map(Operator::line).forEach(picture::add);
            });
            world.agent.networks().forEach(n -> picture.add("network " + n.name() + " " + n.state() + " " + n.reason()));
        }
        return picture;
    }

    private static String line(NicStatus nic) {
        return "NIC " + nic.domain() + " " + nic.mac() + " " + nic.tap() + " " + nic.network() + " " + nic.state() + " " + nic.reason();
    }
}
