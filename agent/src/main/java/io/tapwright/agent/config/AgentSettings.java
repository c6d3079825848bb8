package io.tapwright.agent.config;

import io.tapwright.control.ControlSettings;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The configuration, checked.
 *
 * @param hookDeadline the longest a hook waits for its answer
 */
public record AgentSettings(String libvirtUri, Path hookSocket, Duration hookDeadline, ControlSettings control) {

    public AgentSettings asDryRun() {
        return new AgentSettings(libvirtUri, hookSocket, hookDeadline, control.asDryRun());
    }
}
