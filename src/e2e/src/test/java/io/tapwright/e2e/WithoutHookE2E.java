package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import java.time.Duration;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Events alone wire the domains that are defined. */
class WithoutHookE2E {

    private static Lab lab;
    private static AgentProcess agent;

    @BeforeAll
    static void up() {
        lab = Labs.up(false);
        agent = lab.startAgent(Labs.THREE_NETWORKS);
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void twoDefinedGuestsReachEachOtherByEventsAlone() {
        TreeSet<String> before = lab.links();
        Guest one = lab.guest("one").nic(Nic.of("52:54:00:01:01:01", "ev-one", "10.10.0.11/24")).define();
        Guest two = lab.guest("ruled-two").nic(Nic.of("52:54:00:01:01:02", "ev-two", "10.20.0.12/24"))
                .nic(Nic.of("52:54:00:01:01:03", "ev-three", "10.10.0.12/24")).network("52:54:00:01:01:03", "default").define();
        agent.awaitNic("52:54:00:01:01:01", "ready");
        agent.awaitNic("52:54:00:01:01:02", "ready");
        agent.awaitNic("52:54:00:01:01:03", "ready");

        one.start().orThrow();
        two.start().orThrow();
        agent.awaitNic("52:54:00:01:01:01", "wired");
        agent.awaitNic("52:54:00:01:01:02", "wired");
        agent.awaitNic("52:54:00:01:01:03", "wired");
        assertThat(lab.bridgeOf("ev-two")).as("by the rule for its domain's name").isEqualTo("br-blue");
        assertThat(lab.bridgeOf("ev-three")).as("metadata before rules").isEqualTo("br-def");
        assertThat(one.canReach("10.10.0.12")).isTrue();
        assertThat(two.canReach("10.20.0.1")).isTrue();

        one.destroy().orThrow();
        two.destroy().orThrow();
        agent.awaitNic("52:54:00:01:01:01", "ready");
        one.undefine().orThrow();
        two.undefine().orThrow();
        Await.until("no device is left", Duration.ofSeconds(10), lab::links, before::equals);
    }
}
