package io.tapwright.agent.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The switch in user space, as configured and checked.
 *
 * @param socketDirectory where the sockets of NICs lie
 * @param controlSocket   where the switch is spoken to
 * @param user            whom it runs as, empty for the agent's own user
 * @param command         what starts it where nothing else does, empty for nothing
 */
public record UserspaceSettings(Path socketDirectory, Path controlSocket, Optional<String> user, Optional<Path> command) {
}
