package io.tapwright.hostnet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CapabilitiesTest {

    @Test
    void theTwelfthBitIsTheOne() {
        assertThat(Capabilities.obstacle("CapEff:\t0000000000001000")).isEmpty();
        assertThat(Capabilities.obstacle("CapEff:\t000001ffffffffff")).isEmpty();
        assertThat(Capabilities.obstacle("CapEff:\t000001ffffffefff")).get().asString().contains("CAP_NET_ADMIN");
        assertThat(Capabilities.obstacle("CapEff:\t0000000000000000")).isPresent();
    }

    @Test
    void whatCanNotBeReadIsAnObstacle() {
        assertThat(Capabilities.obstacle("")).isPresent();
        assertThat(Capabilities.obstacle("CapEff: everything")).isPresent();
    }
}
