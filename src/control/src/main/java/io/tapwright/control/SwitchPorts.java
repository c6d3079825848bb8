package io.tapwright.control;

import io.tapwright.control.SwitchWishes.Plug;
import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.NicId;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredPort.TapPort;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.model.userspace.UserspaceSwitch;
import io.tapwright.model.userspace.UserspaceSwitchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What the switch in user space is to have, and what it said it has. What it has without anybody's wish, after a restart
 * of the agent's say, stays until it is known that nobody wants it: unknown is not gone. A port whose peer still speaks is
 * never taken away.
 *
 * <p>Any thread; guarded by its own monitor, which is held towards the switch's port too, so that wishes reach it in order.
 */
final class SwitchPorts implements UserspaceSwitchListener {

    /** Below the hook's own deadline, so that the hook hears the reason. */
    static final Duration PATIENCE = Duration.ofSeconds(3);

    /** After a refusal. */
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final UserspaceSwitch remote;
    private final Set<String> networks;
    private final Duration patience;
    private final boolean dryRun;
    private final WorkQueue<Key> queue;
    private final LongSupplier nanoClock;
    private final ControlListener listener;
    private final SwitchWishes wishes = new SwitchWishes();
    private final SwitchAnswers answers = new SwitchAnswers();
    private final List<Settling> settling = new ArrayList<>();

    private boolean toldLost;
    /** What was asked of the switch last, and whether something else is wanted by now. */
    private DesiredSwitch asked;
    private boolean outdated = true;
    /** When it is asked again if it refuses. */
    private long askAgainNanos;

    private record Settling(DomainId domain, CompletableFuture<Boolean> done) {
    }

    /** @param networks those that have a switch in user space */
    SwitchPorts(UserspaceSwitch remote, Set<String> networks, Duration patience, boolean dryRun, WorkQueue<Key> queue,
            LongSupplier nanoClock, ControlListener listener) {
        this.remote = remote;
        this.networks = networks;
        this.patience = patience;
        this.dryRun = dryRun;
        this.queue = queue;
        this.nanoClock = nanoClock;
        this.listener = listener;
    }

    /** How a port stands. */
    sealed interface Finding {

        /** The switch has it. */
        record Is(PortState state) implements Finding {
        }

        /** The switch may have it, or not. */
        record Unknown(String reason) implements Finding {
        }

        /** Its socket is that of another NIC. */
        record Taken(NicId by) implements Finding {
        }
    }

    // What the workers say

    /** Has the switch have this port. */
    synchronized Finding plug(NicId nic, String network, VhostUserPort port) {
        Optional<NicId> other = wishes.otherAt(port, nic);
        if (other.isPresent()) {
            return new Finding.Taken(other.get());
        }
        outdated |= wishes.plug(nic, new Plug(network, port, true));
        submit();
        return finding(network, port);
    }

    /** Has the switch have the network's tap, which is there. */
    synchronized Finding uplink(String network, InterfaceName device) {
        TapPort port = new TapPort(SwitchWishes.UPLINK, device);
        outdated |= wishes.uplink(network, port);
        submit();
        return finding(network, port);
    }

    /**
     * Takes away the ports of a domain's NICs but for those of {@code kept}.
     *
     * @return whether one has to stay for now
     */
    synchronized boolean retain(DomainId domain, Set<NicId> kept) {
        SwitchWishes.Removal removal = wishes.retain(domain, kept, this::mayHavePeer);
        outdated |= removal.removedAny();
        submit();
        return removal.keptAny();
    }

    // What others ask

    /** Domains that have a port, wanted or not. */
    synchronized Set<DomainId> domains() {
        return wishes.domains();
    }

    synchronized boolean isReachable() {
        return answers.isReachable();
    }

    /** Why the switch does not have the port that this NIC is to have; empty where it has, or in a dry run. */
    synchronized Optional<String> missing(NicId nic) {
        return wishes.of(nic).flatMap(this::missing);
    }

    /** Completes once the switch has answered for all of the domain's ports, or has had time enough; false where it had before. */
    synchronized CompletableFuture<Boolean> settled(DomainId domain) {
        if (isSettled(domain)) {
            return CompletableFuture.completedFuture(false);
        }
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        Settling one = new Settling(domain, done);
        settling.add(one);
        return done.completeOnTimeout(true, patience.toMillis(), TimeUnit.MILLISECONDS).whenComplete((any, failure) -> {
            synchronized (this) {
                settling.remove(one);
            }
        });
    }

    // What the switch says

    @Override
    public void onConnected(DesiredSwitch held, SwitchState state) {
        synchronized (this) {
            answers.connected(state);
            toldLost = false;
            outdated = true;
            wishes.adopt(held, networks);
            submit();
        }
        listener.switchChanged(true, "");
        lookAtEverything();
        queue.add(new Key.Sweep());
    }

    @Override
    public void onState(SwitchState state) {
        List<PortState> changed;
        synchronized (this) {
            changed = answers.told(state);
        }
        changed.forEach(this::lookAt);
    }

    /** Said once of each loss; the reasons for which no attempt to come back succeeds are seen at the next look. */
    @Override
    public void onLost(String reason) {
        synchronized (this) {
            answers.lost(reason);
            asked = null;
            if (toldLost) {
                return;
            }
            toldLost = true;
        }
        listener.switchChanged(false, reason);
        lookAtEverything();
    }

    private void onAnswer(DesiredSwitch desired, SwitchState state, Throwable failure) {
        List<CompletableFuture<Boolean>> done = new ArrayList<>();
        List<PortState> fresh = List.of();
        synchronized (this) {
            if (desired != asked) {
                return; // of a connection that is gone, or overtaken by a later wish
            }
            if (failure == null) {
                fresh = answers.confirmed(desired, state);
                settling.stream().filter(one -> isSettled(one.domain)).forEach(one -> done.add(one.done));
            }
        }
        if (failure != null) {
            onRefusal(failure.getMessage());
            return;
        }
        done.forEach(one -> one.complete(true));
        fresh.forEach(this::lookAt);
    }

    /** Everything that it was asked for at once was refused, so nobody knows what it has; it is asked again after a while. */
    private void onRefusal(String reason) {
        boolean isNew;
        synchronized (this) {
            if (!answers.isReachable()) {
                return; // which is told by itself
            }
            isNew = answers.refused(reason);
            askAgainNanos = nanoClock.getAsLong() + RETRY.toNanos();
        }
        if (isNew) {
            listener.problem(reason);
            lookAtEverything();
        }
        domains().forEach(domain -> queue.addAfter(new Key.Domain(domain), RETRY));
        networks.forEach(network -> queue.addAfter(new Key.Network(network), RETRY));
    }

    // With the monitor held

    private void submit() {
        boolean again = answers.isRefusing() && nanoClock.getAsLong() - askAgainNanos >= 0;
        if (dryRun || !answers.isReachable() || !outdated && !again) {
            return;
        }
        DesiredSwitch desired = wishes.asDesired();
        asked = desired;
        outdated = false;
        askAgainNanos = nanoClock.getAsLong() + RETRY.toNanos();
        remote.apply(desired).whenComplete((state, failure) -> onAnswer(desired, state, failure));
    }

    private Finding finding(String network, DesiredPort port) {
        if (dryRun) {
            return new Finding.Unknown("dry run: would plug it into the switch in user space");
        }
        return answers.of(network, port);
    }

    private Optional<String> missing(Plug plug) {
        return !dryRun && finding(plug.network(), plug.port()) instanceof Finding.Unknown(String reason)
                ? Optional.of(reason) : Optional.empty();
    }

    private boolean isSettled(DomainId domain) {
        return wishes.wantedOf(domain).stream().allMatch(plug -> missing(plug).isEmpty());
    }

    private boolean mayHavePeer(Plug plug) {
        return !dryRun && answers.mayHavePeer(plug.network(), plug.port());
    }

    // Without

    private void lookAtEverything() {
        domains().forEach(domain -> queue.add(new Key.Domain(domain)));
        networks.forEach(network -> queue.add(new Key.Network(network)));
    }

    private void lookAt(PortState port) {
        SwitchWishes.nicNamed(port.port()).ifPresentOrElse(nic -> queue.add(new Key.Domain(nic.domain())), () -> {
            if (networks.contains(port.network())) {
                queue.add(new Key.Network(port.network()));
            }
        });
    }
}
