package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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

/** The main job, with the hook installed: a VM starts, and its NICs are wired to the right bridges. */
class WiringE2E {

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
    void twoGuestsReachEachOtherAndTheHostAndLeaveNothingBehind() {
        TreeSet<String> before = lab.links();
        Guest one = lab.guest("one").nic(Nic.of("52:54:00:00:01:01", "tap-one", "10.10.0.11/24+fd00:10::11/64")).define();
        Guest two = lab.guest("two").nic(Nic.of("52:54:00:00:01:02", "tap-two", "10.10.0.12/24+fd00:10::12/64")).define();
        agent.awaitNic("52:54:00:00:01:01", "ready");
        assertThat(lab.bridgeOf("tap-one")).as("a tap of a domain that is off").isEmpty();

        one.start().orThrow();
        two.start().orThrow();

        assertThat(one.canReach("10.10.0.12")).as("guest to guest, IPv4").isTrue();
        assertThat(one.canReach("10.10.0.1")).as("guest to host, IPv4").isTrue();
        assertThat(two.canReach("fd00:10::11")).as("guest to guest, IPv6").isTrue();
        assertThat(two.canReach("fd00:10::1")).as("guest to host, IPv6").isTrue();
        agent.awaitNic("52:54:00:00:01:01", "wired");
        agent.awaitNic("52:54:00:00:01:02", "wired");
        assertThat(lab.sh("bridge fdb show br br-def")).contains("52:54:00:00:01:01 dev tap-one").contains("52:54:00:00:01:02 dev tap-two");
        assertThatTapIsAsPromised("tap-one", one, "fe:54:00:00:01:01");

        one.destroy().orThrow();
        JsonNode ready = agent.awaitNic("52:54:00:00:01:01", "ready");
        assertThat(ready.get("tap").asText()).isEqualTo("tap-one");
        assertThat(lab.bridgeOf("tap-one")).as("detached when its domain stops").isEmpty();
        one.undefine().orThrow();
        two.destroy().orThrow();
        two.undefine().orThrow();
        Await.until("no device is left", Duration.ofSeconds(10), lab::links, before::equals);
    }

    private static void assertThatTapIsAsPromised(String tap, Guest guest, String mac) {
        assertThat(lab.sysfs(tap, "address")).isEqualTo(mac);
        assertThat(lab.sysfs(tap, "mtu")).isEqualTo(lab.sysfs(lab.bridgeOf(tap), "mtu"));
        assertThat(lab.sysfs(tap, "ifalias")).startsWith("tapwright:host tap").contains(guest.uuid()).contains(guest.name());
        assertThat(lab.sh("cat /proc/sys/net/ipv6/conf/" + tap + "/disable_ipv6").strip()).isEqualTo("1");
        String details = lab.sh("ip -d link show " + tap);
        assertThat(details).contains("pi off").contains("vnet_hdr on").contains("persist on").contains("state forwarding");
        String uid = lab.sh("id -u libvirt-qemu").strip();
        assertThat(lab.sysfs(tap, "owner")).isEqualTo(uid);
    }

    @Test
    void threeNicsOnThreeNetworksLandOnThreeBridges() {
        Guest guest = lab.guest("three")
                .nic(Nic.of("52:54:00:00:03:01", "three-a", "10.10.0.31/24"))
                .nic(Nic.of("52:54:00:00:03:02", "three-b", "10.20.0.31/24").withQueues(2))
                .nic(Nic.of("52:54:00:bb:03:03", "three-c", "10.30.0.31/24"))
                .network("52:54:00:00:03:02", "blue").define();
        guest.start().orThrow();

        agent.awaitNic("52:54:00:00:03:01", "wired");
        agent.awaitNic("52:54:00:00:03:02", "wired");
        agent.awaitNic("52:54:00:bb:03:03", "wired");
        assertThat(lab.bridgeOf("three-a")).isEqualTo("br-def");
        assertThat(lab.bridgeOf("three-b")).isEqualTo("br-blue");
        assertThat(lab.bridgeOf("three-c")).isEqualTo("br-green");
        assertThat(lab.sysfs("three-c", "mtu")).as("MTU of its bridge").isEqualTo("9000");
        assertThat(lab.isMultiQueue("three-b")).as("more than one queue").isTrue();
        assertThat(lab.isMultiQueue("three-a")).as("one queue").isFalse();
        assertThat(guest.canReach("10.10.0.1")).isTrue();
        assertThat(guest.canReach("10.20.0.1")).isTrue();
        assertThat(guest.canReach("10.30.0.1")).isTrue();

        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }

    @Test
    void aTransientDomainIsWiredAndItsTapGoesWithIt() {
        TreeSet<String> before = lab.links();
        Guest guest = lab.guest("brief").nic(Nic.of("52:54:00:00:04:01", "brief0", "10.10.0.41/24"));
        guest.create().orThrow();
        agent.awaitNic("52:54:00:00:04:01", "wired");
        assertThat(guest.canReach("10.10.0.1")).isTrue();
        guest.destroy().orThrow();
        Await.until("its tap is gone", Duration.ofSeconds(5), lab::links, before::equals);
    }

    @Test
    void aBridgeKeepsItsMacAddressWhateverJoinsIt() {
        String mac = lab.sysfs("br-def", "address");
        Guest guest = lab.guest("pin").nic(Nic.of("52:54:00:00:05:01", "pin0", "")).define();
        guest.start().orThrow();
        agent.awaitNic("52:54:00:00:05:01", "wired");
        assertThat(lab.sysfs("br-def", "address")).isEqualTo(mac);
        guest.destroy().orThrow();
        guest.undefine().orThrow();
        assertThat(lab.sysfs("br-def", "address")).isEqualTo(mac);
    }

    @Test
    void whatLibvirtWiresItselfIsReportedAndLeftAlone() {
        Guest guest = lab.guest("theirs").interfaces("""
                <interface type='bridge'><mac address='52:54:00:00:06:01'/><source bridge='br-blue'/><model type='virtio'/></interface>
                """).define();
        guest.start().orThrow();
        JsonNode nic = agent.awaitNic("52:54:00:00:06:01",
                n -> n.path("state").asText().equals("observed") && !n.path("tap").isNull() && !n.path("tap").isMissingNode(),
                "is observed with its tap");
        assertThat(nic.get("bridge").asText()).isEqualTo("br-blue");
        assertThat(lab.sysfs(nic.get("tap").asText(), "ifalias")).isEmpty();
        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }
}
