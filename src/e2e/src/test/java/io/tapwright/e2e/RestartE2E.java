package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import java.time.Duration;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever dies and comes back, the running guests notice nothing. */
class RestartE2E {

    private static final Pattern LOSS = Pattern.compile("(\\d+) packets transmitted, (\\d+) (?:packets )?received");

    private Lab lab;
    private AgentProcess agent;

    @BeforeEach
    void up() {
        lab = Labs.up(true);
        agent = lab.startAgent(Labs.THREE_NETWORKS);
    }

    @AfterEach
    void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void libvirtdIsKilledAndRestartedAndItsEventsArriveAfterwards() {
        Guest one = running("one", "52:54:00:06:01:01", "one0", "10.10.0.11/24");
        running("two", "52:54:00:06:01:02", "two0", "10.10.0.12/24");
        startPinging(one, "10.10.0.12", 80);
        lab.libvirtd("kill");
        Await.until("libvirt is reported as lost", Duration.ofSeconds(10),
                () -> agent.status().map(s -> s.at("/libvirt/state").asText()).orElse(""), "disconnected"::equals);
        assertThat(agent.get("/q/health/ready")).contains("DOWN");
        assertThat(agent.get("/q/health/live")).contains("\"status\": \"UP\"");
        assertThat(agent.awaitNic("52:54:00:06:01:01", nic -> nic.has("state"), "is known").get("state").asText())
                .as("unknown is not gone").isEqualTo("wired");
        lab.libvirtd("start");
        Await.until("libvirt is back", Duration.ofSeconds(10),
                () -> agent.status().map(s -> s.at("/libvirt/state").asText()).orElse(""), "connected"::equals);
        Guest three = running("three", "52:54:00:06:01:03", "three0", "10.10.0.13/24");
        assertThat(three.canReach("10.10.0.1")).isTrue();
        one.destroy().orThrow();
        agent.awaitNic("52:54:00:06:01:01", "ready");
    }

    @Test
    void pingsGoOnWhileLibvirtdRestarts() {
        Guest one = running("one", "52:54:00:06:02:01", "one0", "10.10.0.11/24");
        running("two", "52:54:00:06:02:02", "two0", "10.10.0.12/24");
        startPinging(one, "10.10.0.12", 60);
        lab.libvirtd("kill");
        lab.libvirtd("start");
        assertThat(lostPings(one)).isZero();
    }

    @Test
    void theAgentIsKilledAndRestartedAndNoPingIsLost() {
        Guest one = running("one", "52:54:00:06:03:01", "one0", "10.10.0.11/24");
        running("two", "52:54:00:06:03:02", "two0", "10.10.0.12/24");
        TreeSet<String> devices = lab.links();
        String indexes = lab.sh("ip -o link | cut -d: -f1,2");
        startPinging(one, "10.10.0.12", 60);
        agent.kill();
        AgentProcess again = lab.startAgent(Labs.THREE_NETWORKS);
        again.awaitNic("52:54:00:06:03:01", "wired");
        again.awaitNic("52:54:00:06:03:02", "wired");
        assertThat(lab.links()).as("no device more or fewer").isEqualTo(devices);
        assertThat(lab.sh("ip -o link | cut -d: -f1,2")).as("and each the same as before").isEqualTo(indexes);
        assertThat(lostPings(one)).isZero();
    }

    @Test
    void aDomainStartedWhileTheAgentWasDownIsWiredWhenItComesBack() {
        Guest guest = lab.guest("later").nic(Nic.of("52:54:00:06:04:01", "later0", "10.10.0.14/24")).define();
        agent.awaitNic("52:54:00:06:04:01", "ready");
        agent.kill();
        lab.sh("rm /etc/libvirt/hooks/qemu.d/tapwright");
        guest.start().orThrow();
        assertThat(lab.bridgeOf("later0")).isEmpty();
        AgentProcess again = lab.startAgent(Labs.THREE_NETWORKS);
        again.awaitNic("52:54:00:06:04:01", "wired");
        assertThat(guest.canReach("10.10.0.1")).isTrue();
    }

    @Test
    void aDomainUndefinedWhileTheAgentWasDownLosesItsTapAfterTheGraceTime() {
        TreeSet<String> before = lab.links();
        Guest guest = lab.guest("orphan").nic(Nic.of("52:54:00:06:05:01", "orphan0", "")).define();
        agent.awaitNic("52:54:00:06:05:01", "ready");
        agent.kill();
        guest.undefine().orThrow();
        assertThat(lab.links()).contains("orphan0");
        lab.startAgent(Labs.THREE_NETWORKS);
        Await.until("the orphan is reaped", Duration.ofSeconds(15), lab::links, before::equals);
    }

    @Test
    void aDomainThatDiedWhileLibvirtdWasDownIsDetachedAfterwards() {
        Guest guest = running("doomed", "52:54:00:06:06:01", "doomed0", "10.10.0.16/24");
        lab.libvirtd("kill");
        lab.sh("kill -9 $(cat /run/libvirt/qemu/doomed.pid)");
        lab.libvirtd("start");
        agent.awaitNic("52:54:00:06:06:01", "ready");
        assertThat(lab.bridgeOf("doomed0")).isEmpty();
        guest.undefine().orThrow();
    }

    private Guest running(String name, String mac, String tap, String cidr) {
        Guest guest = lab.guest(name).nic(Nic.of(mac, tap, cidr)).define();
        guest.start().orThrow();
        agent.awaitNic(mac, "wired");
        assertThat(guest.canReach("10.10.0.1")).as("booted").isTrue();
        return guest;
    }

    /** Ten pings a second, in the guest's background. */
    private static void startPinging(Guest guest, String address, int count) {
        guest.sh("ping -i 0.1 -c " + count + " " + address + " >/tmp/ping 2>&1 &").orThrow();
    }

    private static int lostPings(Guest guest) {
        String text = Await.until("the pings are over", Duration.ofSeconds(40), () -> guest.sh("cat /tmp/ping").out(),
                out -> out.contains("packets transmitted"));
        Matcher counts = LOSS.matcher(text);
        assertThat(counts.find()).as(text).isTrue();
        return Integer.parseInt(counts.group(1)) - Integer.parseInt(counts.group(2));
    }
}
