package io.tapwright.agent.userspace;

import io.tapwright.agent.config.UserspaceSettings;
import io.tapwright.control.ControlListener;
import io.tapwright.hostnet.AccountDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Starts the switch where nothing else does, and again when it has died: after a growing pause where it dies soon. It
 * runs in a session of its own and outlives the agent; one that answers already is left alone.
 *
 * <p>Owns the thread {@code switch-launcher}; the listener's method only takes note.
 */
public final class SwitchLauncher implements ControlListener, AutoCloseable {

    private static final Logger LOG = Logger.getLogger("tapwright");

    /** A switch that somebody else has started may be on its way back. */
    private static final Duration OTHERS = Duration.ofMillis(200);
    /** Until it listens; the JVM takes some tenths of a second. */
    private static final Duration LONGEST_START = Duration.ofSeconds(10);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    /** For one that had lasted: every moment counts. */
    private static final Duration NO_PAUSE = Duration.ZERO;
    private static final Duration LAST_PAUSE = Duration.ofSeconds(10);
    private static final Duration LASTED = Duration.ofSeconds(5);

    /** As the unit has it: QEMU has to get through to what lies in it; who may speak to the switch, the switch itself decides. */
    private static final int CONTROL_DIRECTORY_MODE = 0755;
    /** What is made in it belongs to its group, QEMU's, so that switch and QEMU reach each other's sockets. */
    private static final int SOCKET_DIRECTORY_MODE = 02770;
    private static final int NOBODY = -1;

    private final UserspaceSettings settings;
    private final Path command;
    private final int qemuGroup;
    private final Thread thread;
    private boolean known;
    private boolean reachable;
    private Process child;
    private boolean isFirst = true;
    private long begun;
    private Duration pause = FIRST_PAUSE;

    /**
     * @param command   of the switch
     * @param qemuGroup what QEMU runs as, -1 where that is not known
     */
    public SwitchLauncher(UserspaceSettings settings, Path command, int qemuGroup) {
        this.settings = settings;
        this.command = command;
        this.qemuGroup = qemuGroup;
        this.thread = Thread.ofPlatform().name("switch-launcher").daemon().unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /** Starts no more; the switch goes on. */
    @Override
    public void close() {
        thread.interrupt();
    }

    @Override
    public synchronized void switchChanged(boolean isReachable, String reason) {
        known = true;
        reachable = isReachable;
        notifyAll();
    }

    private synchronized void run() {
        try {
            while (true) {
                await(() -> known && !reachable && !childLives(), null);
                if (!await(() -> reachable, isFirst ? OTHERS : pauseAfterDeath())) {
                    isFirst = false;
                    begun = System.nanoTime();
                    child = launch();
                    await(() -> reachable || !childLives(), LONGEST_START);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One that died soon after its start is given time. */
    private Duration pauseAfterDeath() {
        boolean lasted = System.nanoTime() - begun > LASTED.toNanos();
        Duration now = lasted ? NO_PAUSE : pause;
        pause = lasted ? FIRST_PAUSE : pause.multipliedBy(2).compareTo(LAST_PAUSE) < 0 ? pause.multipliedBy(2) : LAST_PAUSE;
        if (child != null) {
            LOG.warnf("the switch in user space (process %d) ended with %d, starting it again in %d ms", child.pid(),
                    child.exitValue(), now.toMillis());
        }
        return now;
    }

    /** Waits with the monitor let go; false where the time is over. @param time null for ever */
    private boolean await(BooleanSupplier condition, Duration time) throws InterruptedException {
        long end = System.nanoTime() + (time == null ? 0 : time.toNanos());
        while (!condition.getAsBoolean()) {
            long left = end - System.nanoTime();
            if (time == null) {
                wait();
            } else if (left <= 0) {
                return false;
            } else {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
        return true;
    }

    private boolean childLives() {
        return child != null && child.isAlive();
    }

    /** Null where it could not be started. */
    private Process launch() {
        try {
            // In this order: the one for the guests' sockets may lie in the other, which would come about as root's.
            directory(settings.controlSocket().getParent(), CONTROL_DIRECTORY_MODE, NOBODY);
            directory(settings.socketDirectory(), SOCKET_DIRECTORY_MODE, qemuGroup);
            Path log = settings.controlSocket().resolveSibling("switch.log");
            List<String> program = List.of(command.toString(), "--control-socket", settings.controlSocket().toString(),
                    "--socket-directory", settings.socketDirectory().toString());
            Process started = new ProcessBuilder(commandLine(program, log)).redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(ProcessBuilder.Redirect.INHERIT).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            started.onExit().thenRun(this::wake);
            LOG.infof("started the switch in user space (process %d): %s, output in %s", started.pid(), String.join(" ", program),
                    log);
            return started;
        } catch (IOException e) {
            LOG.errorf("cannot start the switch in user space: %s", e.getMessage());
            return null;
        }
    }

    private synchronized void wake() {
        notifyAll();
    }

    /** The log is opened by the switch's user, in whose directory it lies: root would follow a link that he has put in its place. */
    private List<String> commandLine(List<String> program, Path log) {
        List<String> line = new ArrayList<>(List.of("setsid"));
        settings.user().ifPresent(user -> line.addAll(List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--init-groups")));
        line.addAll(List.of("sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "tapwright-switch", log.toString()));
        line.addAll(program);
        return line;
    }

    /** Makes a directory of the switch's where it is missing. */
    private void directory(Path directory, int mode, int group) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Files.createDirectories(directory);
        if (settings.user().isPresent()) {
            Files.setAttribute(directory, "unix:uid", AccountDatabase.uidOf(settings.user().get()).orElseThrow());
        }
        if (group != NOBODY) {
            Files.setAttribute(directory, "unix:gid", group);
        }
        Files.setAttribute(directory, "unix:mode", mode);
    }
}
