package io.tapwright.agent.config;

import io.tapwright.control.ControlSettings;
import io.tapwright.model.network.Network;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The configuration, checked.
 *
 * @param hookDeadline the longest a hook waits for its answer
 */
public record AgentSettings(String libvirtUri, Path hookSocket, Duration hookDeadline, ControlSettings control,
        UserspaceSettings userspace) {

    /** True where some network has a switch in user space. */
    public boolean hasSwitch() {
        return control.catalog().networks().values().stream().anyMatch(Network::userspace);
    }

    public AgentSettings asDryRun() {
        return new AgentSettings(libvirtUri, hookSocket, hookDeadline, control.asDryRun(), userspace);
    }
}
