package io.tapwright.switchctl;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredPort.TapPort;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.NetworkState;
import io.tapwright.model.userspace.PortCounters;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.model.userspace.SwitchState;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Something of everything. */
final class Samples {

    static final SwitchState STATE = new SwitchState(4711, Instant.parse("2026-01-02T03:04:05.678901Z"), List.of(
            new PortState("fast", "web1", PortStatus.RUNNING, "", Instant.EPOCH,
                    new PortCounters(Long.MAX_VALUE, 2, 3, 4, Map.of("ring full", 5L, "no \"buffer\"\n", 6L))),
            new PortState("fast", "uplink", PortStatus.FAILED, "open tap tw-fast: ENODEV", Instant.EPOCH, PortCounters.ZERO)),
            List.of(new NetworkState("fast", 32768, Long.MAX_VALUE, 7)));

    private Samples() {
    }

    /** A network of so many ports and an uplink. */
    static DesiredSwitch desired(int ports) {
        List<DesiredPort> all = new ArrayList<>();
        all.add(new TapPort("uplink", new InterfaceName("tw-fast")));
        for (int i = 0; i < ports; i++) {
            all.add(new VhostUserPort("wäb " + i, Path.of("/run/tapwright/vhost/web-" + i), i % 2 == 0,
                    new MacAddress("52:54:00:00:%02x:%02x".formatted(i >> 8 & 255, i & 255))));
        }
        return new DesiredSwitch(List.of(new DesiredNetwork("fast", all), new DesiredNetwork("empty", List.of())));
    }
}
