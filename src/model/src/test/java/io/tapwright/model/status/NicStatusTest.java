package io.tapwright.model.status;

import static io.tapwright.model.Samples.DB;
import static io.tapwright.model.Samples.MAC_1;
import static io.tapwright.model.Samples.MAC_2;
import static io.tapwright.model.Samples.WEB;
import static io.tapwright.model.Samples.device;
import static io.tapwright.model.Samples.tap;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.DomainId;
import io.tapwright.model.MacAddress;
import io.tapwright.model.Mark;
import io.tapwright.model.NicId;
import io.tapwright.model.host.Link;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class NicStatusTest {

    private static NicStatus nic(String device, String type, NicState state) {
        return new NicStatus("web", WEB.toString(), MAC_1.text(), device, "default", "br0", type, state, null, Instant.EPOCH);
    }

    private static Link tapOf(DomainId domain, MacAddress mac) {
        return tap(9, "vnet0").mark(new Mark.Tap("main", new NicId(domain, mac), "web")).build();
    }

    @Test
    void aNicsTapIsTheOneWithItsMark() {
        NicStatus nic = nic("vnet0", "ethernet", NicState.WIRED);
        assertThat(nic.id()).isEqualTo(new NicId(WEB, MAC_1));
        assertThat(nic.isDevice(tapOf(WEB, MAC_1))).isTrue();
        assertThat(nic.isDevice(tapOf(WEB, MAC_2))).isFalse();
        assertThat(nic.isDevice(tapOf(DB, MAC_1))).isFalse();
        assertThat(nic("vnet1", "ethernet", NicState.WIRED).isDevice(tapOf(WEB, MAC_1))).isFalse();
        assertThat(nic(null, "ethernet", NicState.FAILED).isDevice(tapOf(WEB, MAC_1))).isFalse();
    }

    @Test
    void aDeviceThatOnlyHasTheNameOfARefusedNicIsNotIts() {
        assertThat(nic("eth0", "ethernet", NicState.FAILED).isDevice(device(2, "eth0", "").build())).isFalse();
        assertThat(nic("vnet0", "vhostuser", NicState.FAILED).isDevice(tap(9, "vnet0").build())).isFalse();
    }

    @Test
    void libvirtsOwnIsKnownByItsName() {
        assertThat(nic("vnet0", "bridge", NicState.OBSERVED).isDevice(tap(9, "vnet0").build())).isTrue();
        assertThat(nic("vnet0", "ethernet", NicState.OBSERVED).isDevice(tap(9, "vnet0").build())).isTrue();
    }
}
