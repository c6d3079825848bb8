package io.tapwright.model.userspace;

import java.util.Map;

/**
 * What passed a port. In is into the switch: what a guest, or the host behind a tap, has sent.
 *
 * @param drops frames that came to nothing, by reason
 */
public record PortCounters(long framesIn, long bytesIn, long framesOut, long bytesOut, Map<String, Long> drops) {

    public static final PortCounters ZERO = new PortCounters(0, 0, 0, 0, Map.of());

    public PortCounters {
        drops = Map.copyOf(drops);
    }

    public long dropped() {
        return drops.values().stream().mapToLong(Long::longValue).sum();
    }
}
