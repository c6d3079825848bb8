package io.tapwright.agent.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.agent.config.UserspaceSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a script in the place of the switch. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SwitchLauncherTest {

    @TempDir
    Path directory;

    private SwitchLauncher launcher;

    @BeforeEach
    void write() throws IOException {
        Path command = directory.resolve("switch");
        Files.writeString(command, "#!/bin/sh\necho started $$\necho \"$$ $*\" >> " + directory + "/started\nexec sleep 1000\n");
        Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwx------"));
        launcher = new SwitchLauncher(new UserspaceSettings(directory.resolve("vhost"), directory.resolve("ctl/control.sock"),
                Optional.empty(), Optional.of(command)), command, -1);
        launcher.start();
    }

    @AfterEach
    void kill() throws IOException {
        launcher.close();
        for (String line : started()) {
            ProcessHandle.of(pid(line)).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void itStartsNothingBeforeItKnowsThatNobodyAnswers() throws Exception {
        Thread.sleep(400);
        launcher.switchChanged(true, "");
        Thread.sleep(400);
        assertThat(started()).isEmpty();
    }

    @Test
    void oneThatIsOnlyAwayForAMomentIsLeftAlone() throws Exception {
        while (!isAwayForAMoment()) {
            kill();
            Files.deleteIfExists(directory.resolve("started"));
            write();
        }
        Thread.sleep(400);
        assertThat(started()).isEmpty();
    }

    /** False where the machine has made so much of the moment that it was right to start one. */
    private boolean isAwayForAMoment() throws InterruptedException {
        long begun = System.nanoTime();
        launcher.switchChanged(false, "closed the connection");
        Thread.sleep(50);
        launcher.switchChanged(true, "");
        return System.nanoTime() - begun < 200_000_000;
    }

    @Test
    void itStartsOneInASessionOfItsOwnAndAnotherWhenThatIsDead() throws Exception {
        launcher.switchChanged(false, "no such file");
        List<String> first = awaitStarts(1);
        assertThat(first.getFirst()).endsWith(
                " --control-socket " + directory + "/ctl/control.sock --socket-directory " + directory + "/vhost");
        assertThat(directory.resolve("vhost")).isDirectory();
        assertThat(directory.resolve("ctl/switch.log")).content().contains("started " + pid(first.getFirst()));
        launcher.switchChanged(true, "");
        assertThat(sessionOf(pid(first.getFirst()))).isEqualTo(pid(first.getFirst()));
        ProcessHandle.of(pid(first.getFirst())).orElseThrow().destroyForcibly();
        launcher.switchChanged(false, "closed the connection");
        awaitStarts(2);
    }

    @Test
    void oneThatLivesIsNotDoubled() throws Exception {
        launcher.switchChanged(false, "no such file");
        awaitStarts(1);
        launcher.switchChanged(true, "");
        launcher.switchChanged(false, "no answer in 5 s");
        Thread.sleep(500);
        assertThat(started()).hasSize(1);
    }

    @Test
    void itOutlivesTheLauncher() throws Exception {
        launcher.switchChanged(false, "no such file");
        String line = awaitStarts(1).getFirst();
        launcher.close();
        Thread.sleep(100);
        assertThat(ProcessHandle.of(pid(line))).hasValueSatisfying(p -> assertThat(p.isAlive()).isTrue());
    }

    /** As the default paths are: the directory of the guests' sockets lies in that of the control socket. */
    @Test
    void nestedDirectoriesAreBothTheSwitchsAndLetQemuThrough() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(directory.resolve("switch"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(directory.resolve("switch"), "#!/bin/sh\nid -un > " + directory + "/run/switch/who\n");
        launcher.close();
        boolean isRoot = Files.getAttribute(directory, "unix:uid").equals(0);
        String user = isRoot ? "daemon" : System.getProperty("user.name");
        launcher = new SwitchLauncher(new UserspaceSettings(directory.resolve("run/switch/vhost"),
                directory.resolve("run/switch/control.sock"), Optional.of(user).filter(u -> isRoot),
                Optional.of(directory.resolve("switch"))), directory.resolve("switch"), -1);
        launcher.start();
        launcher.switchChanged(false, "no such file");
        Path who = directory.resolve("run/switch/who");
        while (!Files.exists(who) || Files.size(who) == 0) {
            Thread.sleep(10);
        }
        assertThat(Files.readString(who).strip()).isEqualTo(user);
        assertThat(Files.getOwner(who.resolveSibling("vhost"))).hasToString(user);
        assertThat(Files.getOwner(who.resolveSibling("switch.log"))).as("who has opened the log").hasToString(user);
        assertThat((int) Files.getAttribute(who.getParent(), "unix:mode") & 07777).isEqualTo(0755);
        assertThat((int) Files.getAttribute(who.resolveSibling("vhost"), "unix:mode") & 07777).isEqualTo(02770);
    }

    private List<String> awaitStarts(int count) throws Exception {
        while (started().size() < count) {
            Thread.sleep(10);
        }
        return started();
    }

    private List<String> started() throws IOException {
        Path file = directory.resolve("started");
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    private static long pid(String line) {
        return Long.parseLong(line.substring(0, line.indexOf(' ')));
    }

    /** The sixth field of proc_pid_stat(5); the second is in brackets. */
    private static long sessionOf(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3]);
    }
}
