package io.tapwright.testkit.chaos;

import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Lab;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** The lab's libvirtd, as an operator uses it. The thread that does things owns it. */
final class Libvirt {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Lab lab;
    private final LabShell shell;
    private final Driver driver;
    private int kills;

    Libvirt(Lab lab, LabShell shell, Driver driver) {
        this.lab = lab;
        this.shell = shell;
        this.driver = driver;
        hold();
    }

    /** The test driver forgets everything when its last client goes, so one stays; returns once that is connected. */
    private void hold() {
        if (driver == Driver.TEST) {
            Path answer = lab.write("holder", "");
            shell.run("setsid virsh -q -c " + driver.uri() + " 'list --all; event --domain test --event lifecycle --loop'"
                    + " </dev/null >" + answer + " 2>&1 &");
            Await.until("the client that stays is connected", PATIENCE, () -> read(answer), text -> text.contains("running"));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Result virsh(String command) {
        return shell.run("virsh -q -c " + driver.uri() + " " + command);
    }

    Path file(DomainForm form) {
        return lab.write(form.name() + ".xml", form.xml(driver));
    }

    Path file(NicForm nic) {
        return lab.write(nic.target() + ".xml", nic.xml());
    }

    /** The test driver knows no such start. */
    boolean startsPaused() {
        return driver == Driver.QEMU;
    }

    boolean isRunning(String domain) {
        String state = virsh("domstate " + domain).out();
        return state.startsWith("running") || state.startsWith("paused");
    }

    /** Ends libvirtd with SIGKILL or SIGTERM, has something happen without it, and starts it again. */
    void restart(boolean kill, Runnable meanwhile) {
        lab.libvirtd(kill ? "kill" : "stop");
        kills += kill ? 1 : 0;
        meanwhile.run();
        lab.libvirtd("start");
        hold();
    }

    int kills() {
        return kills;
    }
}
