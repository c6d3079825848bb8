package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** NICs come and go while the VM runs. */
class HotplugE2E {

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
    void anAnnouncedNicFindsItsTapAndTheTapGoesOnlyAfterTheGuestLetGo() {
        Guest guest = lab.guest("hot").nic(Nic.of("52:54:00:04:01:01", "hot0", "10.10.0.51/24")).define();
        guest.start().orThrow();
        agent.awaitNic("52:54:00:04:01:01", "wired");
        assertThat(guest.canReach("10.10.0.1")).as("booted").isTrue();
        TreeSet<String> before = lab.links();

        Nic second = Nic.of("52:54:00:04:01:02", "hot1", "");
        String xml = lab.write("hot1.xml", second.xml()).toString();
        announce("hot", second);
        assertThat(lab.bridgeOf("hot1")).as("wired ahead of libvirt's look").isEqualTo("br-def");
        lab.virsh("attach-device", "hot", xml, "--live").orThrow();
        agent.awaitNic(second.mac(), "wired");
        Await.until("the guest sees it", Duration.ofSeconds(20),
                () -> guest.sh("grep -l " + second.mac() + " /sys/class/net/*/address").ok(), Boolean.TRUE::equals);

        lab.virsh("detach-device", "hot", xml, "--live").orThrow();
        Await.until("its tap is deleted", Duration.ofSeconds(30), lab::links, before::equals);
        assertThat(lab.virsh("dumpxml", "hot").orThrow()).as("only after DEVICE_REMOVED").doesNotContain("hot1");
        agent.awaitNic("52:54:00:04:01:01", "wired");
        assertThat(guest.canReach("10.10.0.1")).isTrue();
        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }

    @Test
    void aTapStaysWhileTheGuestHasNotLetGoOfTheDevice() {
        // A guest that has no driver for hot-unplug never answers the request: libvirt keeps the device, and so do we.
        Guest guest = lab.guest("deaf").nic(Nic.of("52:54:00:04:02:01", "deaf0", "")).define();
        guest.start().orThrow();
        agent.awaitNic("52:54:00:04:02:01", "wired");
        lab.virsh("suspend", "deaf").orThrow();
        String xml = lab.write("deaf0.xml", Nic.of("52:54:00:04:02:01", "deaf0", "").xml()).toString();
        lab.virsh("detach-device", "deaf", xml, "--live");
        agent.awaitNic("52:54:00:04:02:01", "wired");
        assertThat(lab.bridgeOf("deaf0")).isEqualTo("br-def");
        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }

    @Test
    void aNicInTheDefinitionFirstNeedsNoAnnouncement() {
        Guest guest = lab.guest("cold").nic(Nic.of("52:54:00:04:03:01", "cold0", "")).define();
        guest.start().orThrow();
        String xml = lab.write("cold1.xml", Nic.of("52:54:00:04:03:02", "cold1", "").xml()).toString();
        lab.virsh("attach-device", "cold", xml, "--config").orThrow();
        agent.awaitNic("52:54:00:04:03:02", "ready");
        lab.virsh("attach-device", "cold", xml, "--live").orThrow();
        agent.awaitNic("52:54:00:04:03:02", "wired");
        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }

    @Test
    void anAnnouncementForAForeignDeviceIsRefused() {
        Guest guest = lab.guest("greedy").nic(Nic.of("52:54:00:04:04:01", "greedy0", "")).define();
        guest.start().orThrow();
        Result answer = post("greedy", Nic.of("52:54:00:04:04:02", "br-blue", ""));
        assertThat(answer.out()).contains("br-blue").endsWith("409");
        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }

    private static void announce(String domain, Nic nic) {
        assertThat(post(domain, nic).out()).endsWith("204");
    }

    private static Result post(String domain, Nic nic) {
        return lab.runWithInput(nic.xml().getBytes(StandardCharsets.UTF_8), "curl", "-s", "--max-time", "5", "--unix-socket",
                "/run/tapwright/hook.sock", "--data-binary", "@-", "-w", "%{http_code}", "http://tapwright/v1/plug?domain=" + domain);
    }
}
