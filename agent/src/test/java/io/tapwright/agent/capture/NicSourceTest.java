package io.tapwright.agent.capture;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.host.Link;
import io.tapwright.model.status.NicState;
import io.tapwright.model.status.NicStatus;
import io.tapwright.testkit.net.FakeHostNetwork;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NICs that have no device of their own. */
class NicSourceTest {

    private final FakeHostNetwork host = new FakeHostNetwork();
    private final NicSource source = new NicSource(host::link, () -> Path.of("/nowhere"));

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"eth0", "br0", "not-there", "sixteen-bytes-xx", "a/b", ""})
    void aDeviceThatIsNotTheNicsIsNotOpened(String device) {
        host.addForeign(new InterfaceName("eth0"), "");
        host.addForeign(new InterfaceName("br0"), Link.BRIDGE);
        assertThatThrownBy(() -> source.open(new NicStatus("web", "6695eb01-f6a4-8304-79aa-97f2502e193f", "52:54:00:00:00:01", device,
                null, null, "ethernet", NicState.FAILED, "the reason for it", Instant.EPOCH), 1500))
                .isInstanceOf(CaptureException.class)
                .hasMessage("capture NIC 52:54:00:00:00:01 of domain web: it has no tap: the reason for it");
    }
}
