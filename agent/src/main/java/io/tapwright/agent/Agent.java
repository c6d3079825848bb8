package io.tapwright.agent;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownEvent;
import io.tapwright.agent.bus.BusPublisher;
import io.tapwright.agent.bus.StatusJson;
import io.tapwright.agent.config.AgentSettings;
import io.tapwright.agent.config.ConfigReader;
import io.tapwright.agent.config.ConfigurationException;
import io.tapwright.agent.config.TapwrightConfig;
import io.tapwright.agent.health.Heartbeat;
import io.tapwright.agent.hook.HookServer;
import io.tapwright.agent.metrics.ControlMetrics;
import io.tapwright.agent.metrics.NicMetrics;
import io.tapwright.agent.systemd.SystemdNotifier;
import io.tapwright.agent.userspace.SwitchLauncher;
import io.tapwright.control.ControlListener;
import io.tapwright.control.ControlPlane;
import io.tapwright.hostnet.Capabilities;
import io.tapwright.hostnet.LinuxHostNetwork;
import io.tapwright.libvirt.LibvirtHypervisor;
import io.tapwright.libvirt.LibvirtSettings;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.Link;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.Snapshot;
import io.tapwright.switchctl.SwitchClient;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Puts the parts together, starts them in order and stops them in the reverse order. The order of the start: the kernel
 * is watched and the networks are up before the hook is answered, the hook is answered before libvirt is listened to,
 * and systemd is told last.
 */
@ApplicationScoped
public class Agent {

    private static final Logger LOG = Logger.getLogger("tapwright");
    private static final int LOG_BURST = 2000;
    private static final int LOG_LINES_PER_SECOND = 50;
    private static final Path MACHINE_ID = Path.of("/etc/machine-id");

    private final TapwrightConfig config;
    private final Vertx vertx;
    private final ControlMetrics metrics;
    private final NicMetrics nicMetrics;
    private final Heartbeat heartbeat;
    private final String version;

    private volatile AgentSettings settings;
    private volatile ControlPlane control;
    private volatile HostNetwork host;
    private LibvirtHypervisor hypervisor;
    private HookServer hook;
    private SystemdNotifier systemd;
    private Optional<SwitchLauncher> launcher = Optional.empty();

    @Inject
    Agent(TapwrightConfig config, Vertx vertx, ControlMetrics metrics, NicMetrics nicMetrics, Heartbeat heartbeat,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        this.config = config;
        this.vertx = vertx;
        this.metrics = metrics;
        this.nicMetrics = nicMetrics;
        this.heartbeat = heartbeat;
        this.version = version;
    }

    /** @throws ConfigurationException where the configuration or the process's privileges don't do */
    public void start() throws IOException {
        settings = privileged(new ConfigReader(hostSeed()).read(config));
        host = LinuxHostNetwork.open();
        hypervisor = new LibvirtHypervisor(LibvirtSettings.of(settings.libvirtUri()), InstantSource.system());
        systemd = SystemdNotifier.fromEnvironment();
        List<ControlListener> listeners = new ArrayList<>(List.of(
                new ChangeLog(LOG, new LogBudget(System::nanoTime, LOG_BURST, LOG_LINES_PER_SECOND)), metrics,
                new BusPublisher(vertx.eventBus())));
        switchLauncher().ifPresent(listeners::add);
        control = settings.hasSwitch() || hadSwitch()
                ? new ControlPlane(settings.control(), host, hypervisor, new SwitchClient(settings.userspace().controlSocket()),
                        new Listeners(listeners), InstantSource.system())
                : new ControlPlane(settings.control(), host, hypervisor, new Listeners(listeners), InstantSource.system());
        metrics.observe(control);
        nicMetrics.observe(control, host);
        control.start();
        hook = new HookServer(vertx, control, settings.hookSocket(), settings.hookDeadline(), metrics::hookAnswered);
        hook.start();
        control.listenToLibvirt();
        vertx.eventBus().consumer(BusPublisher.STATUS, message -> message.reply(StatusJson.of(snapshot())));
        vertx.setPeriodic(settings.control().resyncInterval().toMillis(), tick -> control.resync());
        heartbeat.start(vertx, control, hypervisor::eventLoopAlive);
        systemd.ready("wiring the NICs of " + settings.libvirtUri());
        systemd.watchdogInterval().ifPresent(this::feedWatchdog);
        LOG.infof("ready: libvirt %s, hook socket %s, networks %s%s", settings.libvirtUri(), settings.hookSocket(),
                settings.control().catalog().networks().keySet(), settings.control().dryRun() ? ", dry run" : "");
    }

    /** Everything as it stands now. Any thread. */
    public Snapshot snapshot() {
        ControlPlane now = control;
        return now == null
                ? new Snapshot(version, config.dryRun(), new LibvirtStatus(config.libvirt().uri(), "connecting",
                        "the agent is starting", Instant.now()), List.of(), List.of())
                : new Snapshot(version, settings.control().dryRun(), now.libvirt(), List.copyOf(now.networks()),
                        List.copyOf(now.domains()));
    }

    /** Where the switch in user space listens; once the agent has started. */
    public Path switchSocket() {
        return settings.userspace().controlSocket();
    }

    /** The device of a name, as the kernel has it now; once the agent has started. Any thread. */
    public Optional<Link> device(InterfaceName name) {
        return host.link(name);
    }

    /** Leaves every tap and bridge as it is: the VMs go on. */
    void stop(@Observes ShutdownEvent event) {
        if (systemd != null) {
            systemd.stopping();
        }
        if (hook != null) {
            hook.close();
        }
        launcher.ifPresent(SwitchLauncher::close);
        if (control != null) {
            control.close();
        }
        if (host != null) {
            host.close();
        }
    }

    /** The watchdog hears of us only while work gets done: a process that merely exists is not alive. */
    private void feedWatchdog(Duration interval) {
        vertx.setPeriodic(interval.toMillis() / 3, tick -> {
            if (heartbeat.isBeating()) {
                systemd.watchdog();
            }
        });
    }

    private AgentSettings privileged(AgentSettings wanted) {
        Optional<String> obstacle = Capabilities.obstacle();
        if (wanted.control().dryRun() || obstacle.isEmpty()) {
            return wanted;
        }
        if (LaunchMode.current() == LaunchMode.DEVELOPMENT) {
            LOG.warnf("%s: a dry run, nothing is changed", obstacle.get());
            return wanted.asDryRun();
        }
        throw new ConfigurationException(List.of(
                "tapwright.dry-run: is false, but " + obstacle.get() + "; run the agent as root, or set it"));
    }

    /** What starts the switch in user space, where somebody has to and nobody else does. */
    private Optional<SwitchLauncher> switchLauncher() {
        if (!settings.hasSwitch() || settings.control().dryRun() || systemd.isThere()) {
            return Optional.empty();
        }
        Optional<Path> command = settings.userspace().command();
        command.filter(path -> !Files.isExecutable(path)).ifPresent(path -> LOG.warnf("tapwright.userspace.command: '%s' is no"
                + " program that can be run, so the agent starts no switch in user space; name one, or 'none'", path));
        launcher = command.filter(Files::isExecutable)
                .map(path -> new SwitchLauncher(settings.userspace(), path, settings.control().taps().owner().gid()));
        launcher.ifPresent(SwitchLauncher::start);
        return launcher;
    }

    /** Where no network has a switch any more, one that is there may have to let go of taps of ours. */
    private boolean hadSwitch() {
        return Files.exists(settings.userspace().controlSocket());
    }

    private static String hostSeed() throws IOException {
        return Files.isReadable(MACHINE_ID) ? Files.readString(MACHINE_ID).strip() : "";
    }
}
