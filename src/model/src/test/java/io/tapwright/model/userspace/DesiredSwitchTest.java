package io.tapwright.model.userspace;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.userspace.DesiredPort.TapPort;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DesiredSwitchTest {

    private static final MacAddress MAC = new MacAddress("52:54:00:00:00:01");
    private static final TapPort UPLINK = new TapPort("uplink", new InterfaceName("tw-fast"));

    @Test
    void namesAreUnique() {
        DesiredNetwork fast = new DesiredNetwork("fast", List.of(UPLINK));
        assertThatThrownBy(() -> new DesiredSwitch(List.of(fast, fast))).hasMessageContaining("network 'fast' stands twice");
        assertThatThrownBy(() -> new DesiredNetwork("fast", List.of(UPLINK, UPLINK))).hasMessageContaining("port 'uplink' stands twice");
    }

    @Test
    void aSocketIsAnAbsolutePathThatTheKernelCanBind() {
        assertThatCode(() -> port(Path.of("/run/s"))).doesNotThrowAnyException();
        assertThatCode(() -> port(Path.of("/" + "s".repeat(106)))).doesNotThrowAnyException();
        assertThatThrownBy(() -> port(Path.of("/" + "s".repeat(107)))).hasMessageContaining("at most 107");
        assertThatThrownBy(() -> port(Path.of("run/s"))).hasMessageContaining("absolute");
        assertThatThrownBy(() -> port(Path.of("/run/../s"))).hasMessageContaining("..");
    }

    @Test
    void aNameIsALineOfText() {
        assertThatThrownBy(() -> new TapPort("", UPLINK.device())).hasMessageContaining("expected a name");
        assertThatThrownBy(() -> new TapPort("a\nb", UPLINK.device())).hasMessageContaining("control characters");
    }

    private static VhostUserPort port(Path socket) {
        return new VhostUserPort("web1", socket, true, MAC);
    }
}
