package io.tapwright.testkit.userspace;

import io.tapwright.model.NicId;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.PortCounters;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.model.userspace.SwitchException;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.model.userspace.UserspaceSwitch;
import io.tapwright.model.userspace.UserspaceSwitchListener;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/**
 * A switch that has what it was told, and answers when the test says {@link #deliver}; the test plays QEMUs and guests.
 * Outlives its listeners, as the switch's process outlives the agent. One thread.
 */
public final class FakeUserspaceSwitch implements UserspaceSwitch {

    private final Queue<Runnable> answers = new ArrayDeque<>();
    private final List<DesiredSwitch> applied = new ArrayList<>();
    private final Map<String, PortState> ports = new LinkedHashMap<>();
    private DesiredSwitch held = DesiredSwitch.EMPTY;
    private UserspaceSwitchListener listener;
    private boolean running;
    private boolean changed;
    private long pid = 1000;
    private String refusal;

    // As the agent sees it

    @Override
    public void start(UserspaceSwitchListener newListener) {
        listener = newListener;
        if (running) {
            listener.onConnected(held, now());
        } else {
            listener.onLost("connect to control.sock: No such file or directory");
        }
    }

    @Override
    public CompletableFuture<SwitchState> apply(DesiredSwitch desired) {
        return later(() -> {
            if (refusal != null) {
                throw new SwitchException("the switch refuses: " + refusal);
            }
            applied.add(desired);
            have(desired);
        });
    }

    @Override
    public CompletableFuture<SwitchState> state() {
        return later(() -> { });
    }

    /** The agent ends; the switch stays. */
    @Override
    public void close() {
        listener = null;
        answers.clear();
    }

    // What happens to it

    /** The process runs, and is empty. */
    public void launch() {
        running = true;
        pid++;
        if (listener != null) {
            listener.onConnected(held, now());
        }
    }

    /** The process is killed: what it had is gone. */
    public void kill() {
        running = false;
        held = DesiredSwitch.EMPTY;
        ports.clear();
        lose("the switch closed the connection");
    }

    /** The connection breaks and is back, the process goes on. */
    public void reconnect() {
        lose("read: Connection reset by peer");
        listener.onConnected(held, now());
    }

    private void lose(String reason) {
        answers.clear();
        changed = false;
        if (listener != null) {
            listener.onLost(reason);
        }
    }

    /** From now on it refuses all that it is told, until {@code reason} is null. */
    public void refuse(String reason) {
        refusal = reason;
    }

    /** A NIC's port comes to stand like this: its QEMU connects, its driver starts, its QEMU dies. */
    public void port(NicId nic, PortStatus status, String reason) {
        PortState was = find(nic.toString()).orElseThrow(() -> new AssertionError("the switch has no port " + nic));
        put(new PortState(was.network(), was.port(), status, reason, Instant.EPOCH, was.counters()));
        changed = true;
    }

    public void port(NicId nic, PortStatus status) {
        port(nic, status, "");
    }

    /** Hands over the answers to all that was asked, and the news; true where there was anything. */
    public boolean deliver() {
        boolean any = !answers.isEmpty() || changed;
        for (Runnable answer = answers.poll(); answer != null; answer = answers.poll()) {
            answer.run();
        }
        if (changed && listener != null) {
            changed = false;
            listener.onState(now());
        }
        return any;
    }

    // What there is to see

    /** Everything that it was told and took, in order. */
    public List<DesiredSwitch> applied() {
        return List.copyOf(applied);
    }

    public DesiredSwitch held() {
        return held;
    }

    /** The port as it was told to be, whatever its network. */
    public Optional<DesiredPort> desired(String name) {
        return held.networks().stream().flatMap(n -> n.ports().stream()).filter(p -> p.name().equals(name)).findFirst();
    }

    public Optional<PortState> find(String name) {
        return ports.values().stream().filter(p -> p.port().equals(name)).findFirst();
    }

    private CompletableFuture<SwitchState> later(Runnable work) {
        if (!running || listener == null) {
            return CompletableFuture.failedFuture(new SwitchException("the switch is not reachable"));
        }
        CompletableFuture<SwitchState> answer = new CompletableFuture<>();
        answers.add(() -> {
            try {
                work.run();
            } catch (SwitchException e) {
                answer.completeExceptionally(e);
                return;
            }
            answer.complete(now());
        });
        return answer;
    }

    private void have(DesiredSwitch desired) {
        Map<String, PortState> before = new LinkedHashMap<>(ports);
        DesiredSwitch was = held;
        held = desired;
        ports.clear();
        for (DesiredNetwork network : desired.networks()) {
            for (DesiredPort port : network.ports()) {
                PortState old = before.get(network.name() + "\n" + port.name());
                boolean same = old != null && was.networks().stream()
                        .anyMatch(n -> n.name().equals(network.name()) && n.ports().contains(port));
                put(same ? old : new PortState(network.name(), port.name(), fresh(port), "", Instant.EPOCH, PortCounters.ZERO));
            }
        }
    }

    private static PortStatus fresh(DesiredPort port) {
        return switch (port) {
            case DesiredPort.VhostUserPort vhost -> PortStatus.WAITING;
            case DesiredPort.TapPort tap -> PortStatus.RUNNING;
        };
    }

    private void put(PortState state) {
        ports.put(state.network() + "\n" + state.port(), state);
    }

    private SwitchState now() {
        return new SwitchState(pid, Instant.EPOCH, List.copyOf(ports.values()), List.of());
    }
}
