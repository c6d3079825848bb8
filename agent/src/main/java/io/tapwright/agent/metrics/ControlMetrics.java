package io.tapwright.agent.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tapwright.control.ControlListener;
import io.tapwright.control.ControlPlane;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NicStatus;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts and times what happens. Any thread. */
@ApplicationScoped
public class ControlMetrics implements ControlListener {

    private static final Duration[] BUCKETS = {
        Duration.ofNanos(250_000), Duration.ofMillis(1), Duration.ofNanos(2_500_000), Duration.ofMillis(5),
        Duration.ofMillis(10), Duration.ofMillis(25), Duration.ofMillis(50), Duration.ofMillis(100),
        Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofMillis(2500),
        Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(30)};

    private final MeterRegistry registry;
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();
    private final Timer wiring;
    private final Counter reaped;
    private final Counter overruns;
    private final Counter reconnects;
    private boolean wasConnected;

    @Inject
    ControlMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.wiring = timer("tapwright.wiring.duration", "From the start of a domain's run to its NICs read back as wired");
        this.reaped = Counter.builder("tapwright.reaped").description("Taps deleted whose domain does not exist").register(registry);
        this.overruns = Counter.builder("tapwright.netlink.overruns")
                .description("Times news from the kernel were lost, and everything was looked at again").register(registry);
        this.reconnects = Counter.builder("tapwright.libvirt.reconnects")
                .description("Times the connection to libvirt came back").register(registry);
    }

    /** Shows the control plane's present figures from now on. */
    public void observe(ControlPlane control) {
        Gauge.builder("tapwright.libvirt.connected", control, c -> c.libvirt().state().equals("connected") ? 1 : 0)
                .description("1 while connected to libvirt").register(registry);
        Gauge.builder("tapwright.queue.depth", control, ControlPlane::queueDepth)
                .description("Keys that wait to be reconciled").register(registry);
        Gauge.builder("tapwright.queue.oldest.age", control, c -> c.oldestInQueue().toNanos() / 1e9).baseUnit("seconds")
                .description("How long the oldest of them has waited").register(registry);
    }

    /** The hook was answered, with this HTTP status. */
    public void hookAnswered(String operation, int status, Duration took) {
        timer("tapwright.hook.duration", "From a hook's request to its answer", "operation", operation, "status",
                Integer.toString(status)).record(took);
    }

    @Override
    public synchronized void libvirtChanged(LibvirtStatus status) {
        if (status.state().equals("connected")) {
            if (wasConnected) {
                reconnects.increment();
            }
            wasConnected = true;
        }
    }

    @Override
    public void libvirtEvent(String name) {
        Counter.builder("tapwright.libvirt.events").description("Events from libvirt").tag("event", name)
                .register(registry).increment();
    }

    @Override
    public void reconciled(String kind, Object what, Duration took) {
        timer("tapwright.reconcile.duration", "One key's work", "kind", kind).record(took);
    }

    @Override
    public void wired(NicStatus status, Duration sinceStart) {
        wiring.record(sinceStart);
    }

    @Override
    public void applied(HostAction action, Duration took) {
        timer("tapwright.step.duration", "One change of the host's network", "step", step(action)).record(took);
    }

    @Override
    public void failed(HostAction action, HostNetworkException cause) {
        Counter.builder("tapwright.step.failures").description("Changes of the host's network that the kernel refused")
                .tag("step", step(action)).tag("errno", cause.errno().toString()).register(registry).increment();
    }

    @Override
    public void drifted(String owner, String device, String kind) {
        Counter.builder("tapwright.drift").description("Changes by others that were put right").tag("kind", kind)
                .register(registry).increment();
    }

    @Override
    public void reaping(String device, String alias) {
        reaped.increment();
    }

    @Override
    public void overrun() {
        overruns.increment();
    }

    @Override
    public void retrying(String kind, String what, int failures, Duration delay) {
        Counter.builder("tapwright.retries").description("Keys that failed and were put back").tag("kind", kind)
                .register(registry).increment();
    }

    /** Looked up by its own key: Micrometer builds its key anew each time, on the path of every NIC. */
    private Timer timer(String name, String description, String... tags) {
        return timers.computeIfAbsent(name + String.join(" ", tags), key -> build(name, description, tags));
    }

    private Timer build(String name, String description, String... tags) {
        return Timer.builder(name).description(description).tags(tags).serviceLevelObjectives(BUCKETS).register(registry);
    }

    private static String step(HostAction action) {
        return switch (action) {
            case HostAction.CreateTap a -> "create-tap";
            case HostAction.ChangeLink a -> "change-link";
            case HostAction.DeleteLink a -> "delete-link";
            case HostAction.DeleteLinks a -> "delete-links";
            case HostAction.RenameLink a -> "rename-link";
            case HostAction.CreateBridge a -> "create-bridge";
            case HostAction.AddAddress a -> "add-address";
            case HostAction.RemoveAddress a -> "remove-address";
            case HostAction.AttachUplink a -> "attach-uplink";
            case HostAction.DetachUplink a -> "detach-uplink";
        };
    }
}
