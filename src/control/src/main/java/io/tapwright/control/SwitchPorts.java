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
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.model.userspace.UserspaceSwitch;
import io.tapwright.model.userspace.UserspaceSwitchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

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
    private final List<Settling> settling = new ArrayList<>();

    /** What the switch has said that it has, by {@link #name}; empty while it can't be reached, or has not answered yet. */
    private Map<String, DesiredPort> confirmed = Map.of();
    private Map<String, PortState> states = Map.of();
    private boolean reachable;
    private boolean toldLost;
    private String trouble = "not connected yet";
    /** What was asked of the switch last, and whether something else is wanted by now. */
    private DesiredSwitch asked;
    private boolean outdated = true;
    /** It has refused what was asked, and is asked again from then on. */
    private boolean refused;
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
    synchronized Finding uplink(String network, InterfaceName device, int mtu) {
        TapPort port = new TapPort(SwitchWishes.UPLINK, device, mtu);
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
        return reachable;
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
            reachable = true;
            toldLost = false;
            trouble = "";
            confirmed = Map.of();
            states = byName(state);
            outdated = true;
            refused = false;
            wishes.adopt(held, networks);
            submit();
        }
        listener.switchChanged(true, "");
        lookAtEverything();
        queue.add(new Key.Sweep());
    }

    @Override
    public void onState(SwitchState state) {
        Map<String, PortState> before;
        Map<String, PortState> now = byName(state);
        synchronized (this) {
            before = states;
            states = now;
        }
        Set<String> names = new HashSet<>(before.keySet());
        names.addAll(now.keySet());
        for (String name : names) {
            PortState was = before.get(name);
            PortState is = now.get(name);
            if (was == null || is == null || !was.saysTheSameAs(is)) {
                lookAt(was == null ? is : was);
            }
        }
    }

    /** Said once of each loss; the reasons for which no attempt to come back succeeds are seen at the next look. */
    @Override
    public void onLost(String reason) {
        synchronized (this) {
            reachable = false;
            trouble = reason;
            confirmed = Map.of();
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
        Map<String, DesiredPort> before;
        Map<String, DesiredPort> now = new HashMap<>();
        synchronized (this) {
            if (desired != asked) {
                return; // of a connection that is gone, or overtaken by a later wish
            }
            before = confirmed;
            if (failure == null) {
                desired.networks().forEach(n -> n.ports().forEach(port -> now.put(name(n.name(), port.name()), port)));
                trouble = "";
                refused = false;
                confirmed = now;
                states = byName(state);
                settling.stream().filter(one -> isSettled(one.domain)).forEach(one -> done.add(one.done));
            }
        }
        if (failure != null) {
            onRefusal(failure.getMessage());
            return;
        }
        done.forEach(one -> one.complete(true));
        state.ports().stream().filter(port -> now.get(nameOf(port)) instanceof DesiredPort has
                && !has.equals(before.get(nameOf(port)))).forEach(this::lookAt);
    }

    /** Everything that it was asked for at once was refused, so nobody knows what it has; it is asked again after a while. */
    private void onRefusal(String reason) {
        boolean isNew;
        synchronized (this) {
            if (!reachable) {
                return; // which is told by itself
            }
            isNew = !refused || !trouble.equals(reason);
            trouble = reason;
            refused = true;
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
        boolean again = refused && nanoClock.getAsLong() - askAgainNanos >= 0;
        if (dryRun || !reachable || !outdated && !again) {
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
        if (!reachable) {
            return new Finding.Unknown("the switch in user space is not reachable: " + trouble);
        }
        PortState state = states.get(name(network, port.name()));
        return port.equals(confirmed.get(name(network, port.name()))) && state != null
                ? new Finding.Is(state)
                : new Finding.Unknown("the switch in user space does not have its port yet" + (trouble.isEmpty() ? "" : ": " + trouble));
    }

    private Optional<String> missing(Plug plug) {
        return !dryRun && finding(plug.network(), plug.port()) instanceof Finding.Unknown(String reason)
                ? Optional.of(reason) : Optional.empty();
    }

    private boolean isSettled(DomainId domain) {
        return wishes.wantedOf(domain).stream().allMatch(plug -> missing(plug).isEmpty());
    }

    private boolean mayHavePeer(Plug plug) {
        PortState state = states.get(name(plug.network(), plug.port().name()));
        return !dryRun && (!reachable
                || state != null && (state.status() == PortStatus.CONNECTED || state.status() == PortStatus.RUNNING));
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

    private static Map<String, PortState> byName(SwitchState state) {
        return state.ports().stream().collect(Collectors.toMap(SwitchPorts::nameOf, p -> p, (a, b) -> b, HashMap::new));
    }

    /** No network's name has a line break. */
    private static String name(String network, String port) {
        return network + "\n" + port;
    }

    private static String nameOf(PortState port) {
        return name(port.network(), port.port());
    }
}
