package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is wanted of a NIC changes, and the NIC follows. */
class ChangeE2E {

    private static Lab lab;
    private static AgentProcess agent;

    @BeforeAll
    static void up() {
        lab = Labs.up(true);
        agent = lab.startAgent(Labs.THREE_NETWORKS);
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void aLinkSetDownInTheDomainIsDownOnTheHostToo() {
        Guest guest = lab.guest("link").nic(Nic.of("52:54:00:05:01:01", "link0", "10.10.0.61/24")).define();
        guest.start().orThrow();
        agent.awaitNic("52:54:00:05:01:01", "wired");
        lab.virsh("domif-setlink", "link", "link0", "down").orThrow();
        var nic = agent.awaitNic("52:54:00:05:01:01", "ready");
        assertThat(nic.get("reason").asText()).contains("set down");
        assertThat(lab.sh("ip -br link show link0")).doesNotContain("UP");
        lab.virsh("domif-setlink", "link", "link0", "up").orThrow();
        agent.awaitNic("52:54:00:05:01:01", "wired");
        assertThat(guest.canReach("10.10.0.1")).isTrue();
        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }

    @Test
    void aNicMovesToTheNetworkThatItsDomainsMetadataNames() {
        Guest guest = lab.guest("meta").nic(Nic.of("52:54:00:05:02:01", "meta0", "10.20.0.62/24")).define();
        guest.start().orThrow();
        agent.awaitNic("52:54:00:05:02:01", "wired");
        assertThat(lab.bridgeOf("meta0")).isEqualTo("br-def");
        lab.virsh("metadata", "meta", "--uri", "urn:tapwright:1", "--key", "tapwright", "--live", "--config", "--set",
                "<networks><interface mac='52:54:00:05:02:01' network='blue'/></networks>").orThrow();
        Await.until("the tap is on br-blue", Duration.ofSeconds(5), () -> lab.bridgeOf("meta0"), "br-blue"::equals);
        agent.awaitNic("52:54:00:05:02:01", "wired");
        assertThat(guest.canReach("10.20.0.1")).isTrue();
        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }

    @Test
    void aRedefinitionWithOtherQueuesRemakesTheTap() {
        Guest guest = lab.guest("queues").nic(Nic.of("52:54:00:05:03:01", "queues0", "")).define();
        agent.awaitNic("52:54:00:05:03:01", "ready");
        assertThat(lab.isMultiQueue("queues0")).isFalse();
        guest.clearNics().nic(Nic.of("52:54:00:05:03:01", "queues0", "").withQueues(2)).define();
        Await.until("the tap has many queues", Duration.ofSeconds(5), () -> lab.isMultiQueue("queues0"), Boolean.TRUE::equals);
        guest.start().orThrow();
        agent.awaitNic("52:54:00:05:03:01", "wired");

        guest.clearNics().nic(Nic.of("52:54:00:05:03:01", "queues0", "")).define();
        agent.awaitNic("52:54:00:05:03:01", "wired");
        assertThat(lab.isMultiQueue("queues0")).as("in use").isTrue();
        guest.destroy().orThrow();
        Await.until("the tap has one queue", Duration.ofSeconds(5),
                () -> lab.links().contains("queues0") && !lab.isMultiQueue("queues0"), Boolean.TRUE::equals);
        guest.start().orThrow();
        agent.awaitNic("52:54:00:05:03:01", "wired");
        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }

    @Test
    void aRedefinitionWithAnotherTargetLeavesNoOldTap() {
        Guest guest = lab.guest("renamed").nic(Nic.of("52:54:00:05:04:01", "before0", "")).define();
        agent.awaitNic("52:54:00:05:04:01", "ready");
        guest.clearNics().nic(Nic.of("52:54:00:05:04:01", "after0", "")).define();
        agent.awaitNic("52:54:00:05:04:01", n -> n.path("tap").asText().equals("after0"), "has its new tap");
        Await.until("the old tap is gone", Duration.ofSeconds(5), lab::links, names -> !names.contains("before0"));
        assertThat(lab.links()).contains("after0");
        guest.undefine().orThrow();
    }

    @Test
    void aBridgeThatWasDeletedAndMadeAnewGetsItsTapsBack() {
        Guest guest = lab.guest("phoenix").nic(Nic.of("52:54:00:05:05:01", "phoenix0", "10.20.0.65/24"))
                .network("52:54:00:05:05:01", "blue").define();
        guest.start().orThrow();
        agent.awaitNic("52:54:00:05:05:01", "wired");
        assertThat(guest.canReach("10.20.0.1")).isTrue();
        lab.sh("ip link del br-blue");
        Await.until("the bridge is back with its port", Duration.ofSeconds(5), () -> lab.bridgeOf("phoenix0"), "br-blue"::equals);
        agent.awaitNic("52:54:00:05:05:01", "wired");
        assertThat(guest.canReach("10.20.0.1")).isTrue();
        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }
}
