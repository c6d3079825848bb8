package io.tapwright.testkit.chaos;

import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Lab;
import java.nio.file.Path;

/** The lab's libvirtd, as an operator uses it. The thread that does things owns it. */
final class Libvirt {

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

    /** The test driver forgets everything when its last client goes, so one stays. */
    private void hold() {
        if (driver == Driver.TEST) {
            shell.run("setsid virsh -q -c " + driver.uri() + " event --domain test --event lifecycle --loop"
                    + " </dev/null >/dev/null 2>&1 &");
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
