package io.tapwright.hostnet.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tapwright.model.host.Errno;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FdTest {

    @Test
    void writesAFile(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("jürgen"));
        try (Fd fd = Fd.open(file.toString(), Fd.O_WRONLY)) {
            fd.write("1");
        }

        assertThat(file).hasContent("1");
    }

    @Test
    void saysWhichCallFailedAndWhy() {
        assertThatExceptionOfType(SystemCallException.class).isThrownBy(() -> Fd.open("/nowhere/at/all", Fd.O_RDONLY))
                .withMessage("ENOENT (open /nowhere/at/all)")
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void refusesAPathWithAZeroByte() {
        assertThatIllegalArgumentException().isThrownBy(() -> Fd.open("/dev/null\0/x", Fd.O_RDONLY));
    }

    @Test
    void isOfNoUseOnceClosedAndMayBeClosedTwice() {
        Fd fd = Fd.open("/dev/null", Fd.O_WRONLY);
        fd.close();
        fd.close();

        assertThat(fd.isOpen()).isFalse();
        assertThatExceptionOfType(SystemCallException.class).isThrownBy(() -> fd.write("1")).withMessage("EBADF (closed already)");
    }

    @Test
    void isNotInheritedByProcesses() throws Exception {
        try (Fd fd = Fd.open("/dev/null", Fd.O_RDONLY); Fd event = Fd.event(); Fd socket = Fd.netlink(0, 0)) {
            for (Fd each : List.of(fd, event, socket)) {
                String info = Files.readString(Path.of("/proc/self/fdinfo/" + each.number()));
                assertThat(info).containsPattern("flags:\\s*0[0-7]*2[0-7]{6}\\b");
            }
        }
    }

    @Test
    void waitsForInputAndTellsWhichHasIt() {
        try (Fd quiet = Fd.event(); Fd signalled = Fd.event()) {
            assertThat(Fd.awaitInput(1, quiet, signalled)).isEqualTo(-1);

            signalled.signal();

            assertThat(Fd.awaitInput(-1, quiet, signalled)).isEqualTo(1);
        }
    }

    @Test
    void nothingToReceiveIsAValue() {
        try (Fd socket = Fd.netlink(0, 0)) {
            assertThat(socket.receive(new NativeBuffer(64))).isEqualTo(Fd.NOTHING_YET);
        }
    }

    @Test
    void sendsNoMoreThanTheBufferHolds() {
        try (Fd socket = Fd.netlink(0, 0)) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> socket.send(new NativeBuffer(64), 65));
        }
    }

    @Test
    void aNameThatIsTooLongIsNoRequest() {
        assertThatIllegalArgumentException().isThrownBy(() -> new IfReq("sixteen-bytes-16"));
    }
}
