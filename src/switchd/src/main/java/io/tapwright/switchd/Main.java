package io.tapwright.switchd;

import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.switchctl.SwitchControl;
import io.tapwright.switchctl.SwitchServer;
import io.tapwright.vswitch.SwitchSettings;
import io.tapwright.vswitch.VirtualSwitch;
import io.tapwright.vswitch.vhostuser.Rehearsal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Runs the switch until SIGTERM. */
public final class Main {

    private static final Duration ADDRESS_AGE = Duration.ofSeconds(300);
    private static final Duration REHEARSAL = Duration.ofSeconds(2);

    private Main() {
    }

    public static void main(String[] arguments) throws InterruptedException {
        if (List.of(arguments).contains("--help")) {
            System.out.print(Options.USAGE);
            return;
        }
        Log log = Log.ofStderr();
        Options options;
        try {
            options = Options.parse(List.of(arguments));
        } catch (IllegalArgumentException e) {
            log.error(e.getMessage());
            System.err.print(Options.USAGE);
            System.exit(2);
            return;
        }
        try {
            makeDirectory(options.socketDirectory());
        } catch (IOException e) {
            log.error("make directory " + options.socketDirectory() + ": " + e.getMessage());
            System.exit(1);
            return;
        }
        AtomicReference<SwitchServer> server = new AtomicReference<>();
        VirtualSwitch virtualSwitch = new VirtualSwitch(
                new SwitchSettings(options.socketDirectory(), options.workers(), options.poll(), ADDRESS_AGE),
                () -> {
                    if (server.get() != null) {
                        server.get().stateChanged();
                    }
                },
                log::fault,
                (thread, fault) -> end(log, thread, fault));
        virtualSwitch.start();
        try {
            server.set(SwitchServer.open(options.controlSocket(), new SwitchControl() {
                @Override
                public SwitchState apply(DesiredSwitch desired) {
                    return virtualSwitch.apply(desired);
                }

                @Override
                public CaptureSource capture(String network, String port, int snapLength) {
                    return virtualSwitch.capture(network, port, snapLength);
                }

                @Override
                public SwitchState state() {
                    return virtualSwitch.state();
                }
            }));
        } catch (IOException e) {
            log.error(e.getMessage());
            System.exit(1);
            return;
        }
        log.info("ready at " + options.controlSocket());
        Rehearsal.start(REHEARSAL, log::fault);
        CountDownLatch end = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.get().close();
            virtualSwitch.close();
            end.countDown();
        }));
        end.await();
    }

    /** One of the switch's threads is no more, for which everybody would wait for ever: whoever started us starts us again. */
    private static void end(Log log, Thread thread, Throwable fault) {
        try {
            log.error("thread " + thread.getName() + " has ended, and the switch with it");
            log.fault(fault);
        } finally {
            // Not exit, whose hook would wait for that thread.
            Runtime.getRuntime().halt(1);
        }
    }

    /** Where the guests' sockets are to be; for this process's group too, which is QEMU's. */
    private static void makeDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory.getParent());
            Files.createDirectory(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwx---"));
        }
    }
}
