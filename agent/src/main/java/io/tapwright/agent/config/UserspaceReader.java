package io.tapwright.agent.config;

import io.tapwright.hostnet.AccountDatabase;
import io.tapwright.model.host.TapOwner;
import io.tapwright.model.plan.UserspacePolicy;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiConsumer;

/** Checks what was written of the switch in user space. */
final class UserspaceReader {

    private static final String NO_COMMAND = "none";

    /** Room for a name of some length in the directory, and a slash. */
    private static final int MOST_DIRECTORY_BYTES = VhostUserPort.MAX_SOCKET_BYTES - 27;

    private static final int ROOT = 0;

    private final BiConsumer<String, String> mistake;
    private int uid = ROOT;

    /** @param mistake takes a key and what is wrong with it */
    UserspaceReader(BiConsumer<String, String> mistake) {
        this.mistake = mistake;
    }

    UserspaceSettings read(TapwrightConfig.Userspace section) {
        Path directory = path("userspace.socket-directory", section.socketDirectory(), MOST_DIRECTORY_BYTES);
        Path control = path("userspace.control-socket", section.controlSocket(), VhostUserPort.MAX_SOCKET_BYTES);
        if (control.startsWith(directory)) {
            mistake.accept("userspace.control-socket", "'" + control + "' lies in the directory of the guests' sockets, name another");
        }
        Optional<Path> command = section.command().equals(NO_COMMAND)
                ? Optional.empty()
                : Optional.of(path("userspace.command", section.command(), Integer.MAX_VALUE));
        return new UserspaceSettings(directory, control, user(section.switchUser()), command);
    }

    /** To be asked after {@link #read}: the taps belong to whomever the switch runs as. */
    UserspacePolicy policy(UserspaceSettings settings) {
        return new UserspacePolicy(Optional.of(settings.socketDirectory()), new TapOwner(uid, TapOwner.NOBODY.gid()));
    }

    private Optional<String> user(Optional<String> written) {
        String name = written.orElse(TapwrightConfig.Userspace.DEFAULT_USER);
        OptionalInt found = AccountDatabase.uidOf(name);
        if (found.isEmpty() && written.isPresent()) {
            mistake.accept("userspace.switch-user", "'" + name + "' is no user that the host knows");
        }
        uid = found.orElse(ROOT);
        return found.isPresent() ? Optional.of(name) : Optional.empty();
    }

    private Path path(String key, String text, int mostBytes) {
        Path path = Path.of("/" + text).normalize();
        if (!text.equals(path.toString())) {
            mistake.accept(key, "'" + text + "' is no absolute path, or not written the shortest way");
        }
        if (text.getBytes(StandardCharsets.UTF_8).length > mostBytes) {
            mistake.accept(key, "'" + text + "' has more than " + mostBytes + " bytes, too many for sockets");
        }
        return path;
    }
}
