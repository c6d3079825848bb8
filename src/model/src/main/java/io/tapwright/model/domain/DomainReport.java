package io.tapwright.model.domain;

import io.tapwright.model.DomainId;
import java.util.Optional;

/**
 * One domain as libvirt answered.
 *
 * @param persistent       has a definition that outlives its run
 * @param config           the definition; empty for a transient domain
 * @param live             the running machine; empty while it is off
 * @param readStartedNanos {@link System#nanoTime()} before the first libvirt call of this report: whatever a hook said
 *                         after that is newer
 */
public record DomainReport(
        DomainId id, String name, boolean persistent, Optional<DomainSpec> config, Optional<DomainSpec> live,
        long readStartedNanos) {

    public boolean active() {
        return live.isPresent();
    }
}
