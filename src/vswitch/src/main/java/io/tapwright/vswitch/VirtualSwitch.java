package io.tapwright.vswitch;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredPort.TapPort;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.NetworkState;
import io.tapwright.model.userspace.PortCounters;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.vswitch.forward.Attachment;
import io.tapwright.vswitch.forward.MacTable;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.forward.Worker;
import io.tapwright.vswitch.forward.Workers;
import io.tapwright.vswitch.posix.CallingThread;
import io.tapwright.vswitch.posix.EventLoop;
import io.tapwright.vswitch.posix.Watchdog;
import io.tapwright.vswitch.tap.TapAttachment;
import io.tapwright.vswitch.vhostuser.Endpoint;
import io.tapwright.vswitch.vhostuser.Switchboard;
import io.tapwright.vswitch.vhostuser.VhostPort;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The switch: has what it is told to have, and says how that stands. One event loop sets up and takes down, the workers
 * forward meanwhile.
 *
 * <p>Any thread.
 */
public final class VirtualSwitch implements AutoCloseable {

    private static final Duration EXPIRY = Duration.ofSeconds(5);

    private final SwitchSettings settings;
    private final Instant startedAt = Instant.now();
    private final EventLoop loop;
    private final List<Worker> workers = new ArrayList<>();
    private final Workers assignments;
    private final Switchboard switchboard;
    private final Watchdog watchdog;
    private final Runnable onChange;

    // Of the loop's thread alone.
    private final Map<String, Segment> segments = new HashMap<>();
    private final Map<PortKey, Attached> attached = new LinkedHashMap<>();

    private record PortKey(String network, String port) {
    }

    /** A port that is there. */
    private static final class Attached {
        final DesiredPort desired;
        final Segment segment;
        final Attachment attachment;
        PortStatus status;
        String reason = "";
        Instant since = Instant.now();

        Attached(DesiredPort desired, Segment segment, Attachment attachment) {
            this.desired = desired;
            this.segment = segment;
            this.attachment = attachment;
        }
    }

    /**
     * @param onChange  is called when a port's status changes; on the loop's thread, returns at once
     * @param onFailure hears of what should not happen
     * @param onEnd     hears of what has ended the loop or a worker, without which nothing goes on and {@link #close} never returns;
     *                  on that thread
     */
    public VirtualSwitch(SwitchSettings settings, Runnable onChange, Consumer<Throwable> onFailure,
            Thread.UncaughtExceptionHandler onEnd) {
        this.settings = settings;
        this.onChange = onChange;
        loop = new EventLoop("switch-loop", onFailure);
        for (int i = 0; i < settings.workers(); i++) {
            workers.add(new Worker("switch-worker-" + i, settings.poll().toNanos(), () -> loop.execute(this::checkPeers),
                    onFailure));
        }
        assignments = new Workers(workers);
        switchboard = new Switchboard(assignments);
        List<CallingThread> threads = new ArrayList<>(workers.stream().map(Worker::thread).toList());
        threads.add(loop.thread());
        threads.forEach(thread -> thread.setUncaughtExceptionHandler(onEnd));
        watchdog = new Watchdog("switch-watchdog", threads);
    }

    public void start() {
        watchdog.start();
        workers.forEach(Worker::start);
        loop.start();
        loop.execute(this::expire);
    }

    /** Has this, and nothing else; ports that stay as they are lose no frame. */
    public SwitchState apply(DesiredSwitch desired) {
        return loop.call(() -> {
            onApply(desired);
            return onState();
        });
    }

    /** With counters of this moment. */
    public SwitchState state() {
        return loop.call(this::onState);
    }

    /**
     * Frames from and to a guest's port, from now on; ends when the port does, or when it is closed.
     *
     * @param snapLength so many bytes of each frame at most
     * @throws CaptureException where there is no such port
     */
    public CaptureSource capture(String network, String port, int snapLength) {
        return loop.call(() -> Optional.ofNullable(attached.get(new PortKey(network, port)))
                        .flatMap(there -> there.attachment.mirrors()))
                .map(mirrors -> mirrors.capture(snapLength))
                .orElseThrow(() -> new CaptureException("capture port '" + port + "' of network '" + network
                        + "': the switch has no such port of a guest"));
    }

    private void onApply(DesiredSwitch desired) {
        Map<PortKey, DesiredPort> wanted = new LinkedHashMap<>();
        for (DesiredNetwork network : desired.networks()) {
            network.ports().forEach(port -> wanted.put(new PortKey(network.name(), port.name()), port));
        }
        requireBelowDirectory(wanted);
        List.copyOf(attached.keySet()).forEach(key -> {
            if (!attached.get(key).desired.equals(wanted.get(key))) {
                detach(key);
            }
        });
        wanted.forEach((key, port) -> {
            if (!attached.containsKey(key)) {
                attach(key, port);
            }
        });
        segments.keySet().removeIf(name -> desired.networks().stream().noneMatch(n -> n.name().equals(name)));
    }

    private void requireBelowDirectory(Map<PortKey, DesiredPort> wanted) {
        wanted.forEach((key, port) -> {
            if (port instanceof VhostUserPort vhost && !settings.socketDirectory().equals(vhost.socket().getParent())) {
                throw new IllegalArgumentException("port '" + key.port + "' of network '" + key.network + "': socket "
                        + vhost.socket() + " is not in " + settings.socketDirectory());
            }
        });
    }

    private void attach(PortKey key, DesiredPort desired) {
        Segment segment = segments.computeIfAbsent(key.network, Segment::new);
        Attachment attachment = switch (desired) {
            case VhostUserPort vhost -> {
                VhostPort port = new VhostPort(segment, () -> loop.execute(this::checkPeers));
                yield new Endpoint(vhost, port, loop, switchboard, () -> changed(key));
            }
            case TapPort tap -> new TapAttachment(tap, segment, loop, assignments, () -> changed(key));
        };
        attached.put(key, new Attached(desired, segment, attachment));
        attachment.open();
        changed(key);
    }

    private void detach(PortKey key) {
        Attached gone = attached.remove(key);
        // No more frames to it, then none from it, then what they lay in.
        gone.segment.remove(gone.attachment.number());
        gone.attachment.close();
        gone.attachment.mirrors().ifPresent(mirrors -> mirrors.end("port '" + key.port + "' is gone"));
        // What was learned from it in between would go to whoever gets its number.
        gone.segment.addresses().forget(gone.attachment.number());
    }

    private void changed(PortKey key) {
        Attached port = attached.get(key);
        if (port != null && (port.status != port.attachment.status() || !port.reason.equals(port.attachment.reason()))) {
            port.status = port.attachment.status();
            port.reason = port.attachment.reason();
            port.since = Instant.now();
            if (port.desired instanceof VhostUserPort vhost) {
                place(vhost, port);
            }
            onChange.run();
        }
    }

    /**
     * A guest's own address is at its port for as long as its driver runs. Before and after it may be on another host, from
     * which it is moving here or to which it has moved: what is said there counts then.
     */
    private void place(VhostUserPort desired, Attached port) {
        long mac = Addresses.number(desired.mac());
        if (port.status == PortStatus.RUNNING) {
            port.segment.addresses().fix(mac, port.attachment.number());
        } else {
            port.segment.addresses().loosen(mac, port.attachment.number(), nowSeconds());
        }
    }

    private static int nowSeconds() {
        return (int) (System.nanoTime() / 1_000_000_000L);
    }

    private SwitchState onState() {
        List<PortState> ports = new ArrayList<>();
        attached.forEach((key, port) -> {
            port.attachment.say();
            ports.add(new PortState(key.network, key.port, port.status, port.reason, port.since, counters(port)));
        });
        return new SwitchState(ProcessHandle.current().pid(), startedAt, ports, segments.values().stream().map(VirtualSwitch::addresses).toList());
    }

    private static NetworkState addresses(Segment segment) {
        MacTable addresses = segment.addresses();
        return new NetworkState(segment.name(), addresses.size(), addresses.moves(), addresses.refused());
    }

    private static PortCounters counters(Attached port) {
        var counters = port.attachment.counters();
        return new PortCounters(counters.framesIn(), counters.bytesIn(), counters.framesOut(), counters.bytesOut(),
                Map.of("full", counters.dropsFull(), "invalid", counters.dropsInvalid(), "not-ready", counters.dropsNotReady(),
                        "hairpin", counters.dropsHairpin(), "link-local", counters.dropsLinkLocal()));
    }

    private void checkPeers() {
        List.copyOf(attached.values()).forEach(port -> port.attachment.checkPeer());
    }

    private void expire() {
        int before = nowSeconds() - (int) settings.addressAge().toSeconds();
        segments.values().forEach(segment -> segment.addresses().expire(before));
        loop.after(EXPIRY, this::expire);
    }

    @Override
    public void close() {
        loop.call(() -> {
            List.copyOf(attached.keySet()).forEach(this::detach);
            return null;
        });
        loop.close();
        workers.forEach(Worker::close);
        watchdog.close();
    }
}
