package io.tapwright.switchctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may talk to the switch. */
class SwitchServerIT {

    @Test
    void anotherUserIsRefusedThoughTheSocketIsOpenToAll(@TempDir Path directory) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root, to be somebody else");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/socat")), "needs socat");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path socket = directory.resolve("control.sock");

        SwitchServer server = SwitchServer.open(socket, new ScriptedControl());
        try {
            assertThat(connectAs("nobody", socket)).contains("\"type\":\"error\"").contains("user nobody may not");
            assertThat(connectAs("root", socket)).contains("\"type\":\"welcome\"");
        } finally {
            server.close();
        }
    }

    /** The first line that the server says to somebody. */
    private static String connectAs(String user, Path socket) throws Exception {
        Process process = new ProcessBuilder("setpriv", "--reuid=" + user, "--clear-groups", "socat", "-u",
                "UNIX-CONNECT:" + socket, "STDOUT").redirectErrorStream(true).start();
        try {
            return process.inputReader(StandardCharsets.UTF_8).readLine();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
