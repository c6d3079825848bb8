package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import java.time.Duration;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A VM whose network can't be had does not start, and the error says why. */
class RefusalE2E {

    private static final Duration MOST = Duration.ofSeconds(6);

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
    void withTheAgentStoppedTheErrorSaysSo() {
        Guest guest = lab.guest("lonely").nic(Nic.of("52:54:00:02:01:01", "lonely0", "")).define();
        agent.awaitNic("52:54:00:02:01:01", "ready");
        TreeSet<String> before = lab.links();
        agent.kill();
        Result start = guest.start();
        assertThat(start.ok()).isFalse();
        assertThat(start.err()).contains("tapwright").contains("lonely").contains("agent is not running");
        assertThat(start.took()).isLessThan(MOST);
        assertThat(lab.links()).isEqualTo(before);
        assertThat(lab.virsh("domstate", "lonely").orThrow().strip()).isEqualTo("shut off");
    }

    @Test
    void withTheAgentFrozenTheErrorComesWithinSixSecondsAndItRecovers() {
        Duration atOnce = refusedAtOnce();
        Guest guest = lab.guest("frozen").nic(Nic.of("52:54:00:02:02:01", "frozen0", "")).define();
        agent.awaitNic("52:54:00:02:02:01", "ready");
        TreeSet<String> before = lab.links();
        agent.signal("STOP");
        Result start = guest.start();
        agent.signal("CONT");
        assertThat(start.ok()).isFalse();
        assertThat(start.err()).contains("tapwright").contains("frozen").contains("no answer from the agent");
        assertThat(start.took().minus(atOnce)).isLessThan(MOST);
        Await.until("nothing is left attached", Duration.ofSeconds(10), () -> lab.bridgeOf("frozen0"), String::isEmpty);
        assertThat(lab.links()).isEqualTo(before);
        guest.start().orThrow();
        agent.awaitNic("52:54:00:02:02:01", "wired");
    }

    @Test
    void aDomainWithoutTapsOfOursStartsWithoutTheAgent() {
        agent.kill();
        lab.guest("nothing").define().start().orThrow();
    }

    @Test
    void metadataThatCannotBeReadRefusesADomainOnlyIfItHasATapOfOurs() {
        String libvirts = "<interface type='ethernet'><mac address='52:54:00:02:06:01'/><target dev='libvirts0'/></interface>";
        Guest guest = lab.guest("garbled").interfaces(libvirts).network("52:54:00:02:06:01", "");
        guest.create().orThrow();
        guest.destroy().orThrow();

        Result create = guest.nic(Nic.of("52:54:00:02:06:02", "garbled0", "")).create();
        assertThat(create.ok()).isFalse();
        assertThat(create.err()).contains("<interface network> in <metadata> of 52:54:00:02:06:01 is empty");
    }

    @Test
    void oneNicThatCannotBeWiredRefusesTheDomainAndLeavesNothingBehind() {
        TreeSet<String> before = lab.links();
        Guest guest = lab.guest("half").nic(Nic.of("52:54:00:02:03:01", "half-a", ""))
                .nic(Nic.of("52:54:00:02:03:02", "half-b", "")).network("52:54:00:02:03:02", "purple");
        Result create = guest.create();
        assertThat(create.ok()).isFalse();
        assertThat(create.err()).contains("half").contains("52:54:00:02:03:02").contains("half-b").contains("purple");
        assertThat(create.took()).isLessThan(MOST);
        // What libvirt says of the end may be lost to a busy agent; then the timer finds it.
        Await.until("nothing is left", Duration.ofSeconds(10), lab::links, before::equals);
    }

    @Test
    void aTargetDevThatIsSomebodyElsesBridgeIsRefusedByNameAndUntouched() {
        lab.sh("ip link add br-foreign type bridge && ip link set br-foreign up");
        assertRefused("br-foreign", "not Tapwright's");
    }

    @Test
    void aTargetDevThatIsAnotherDeviceIsRefusedByNameAndUntouched() {
        lab.sh("ip link add eth0 type veth peer name eth0-peer && ip link set eth0 up");
        assertRefused("eth0", "not Tapwright's");
    }

    @Test
    void aTargetDevThatIsSomebodyElsesTapIsRefusedByNameAndUntouched() {
        lab.sh("ip tuntap add mode tap name tap-theirs && ip link set tap-theirs up");
        assertRefused("tap-theirs", "not Tapwright's");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sixteen-bytes-xx", "with/slash"})
    void aTargetDevThatNoDeviceCanHaveIsRefusedByName(String device) {
        Guest guest = lab.guest("badname").nic(Nic.of("52:54:00:02:05:01", device, ""));
        TreeSet<String> before = lab.links();
        Result create = guest.create();
        assertThat(create.ok()).isFalse();
        assertThat(create.err()).contains(device);
        assertThat(lab.links()).isEqualTo(before);
    }

    private void assertRefused(String device, String reason) {
        TreeSet<String> before = lab.links();
        String details = state(device);
        Guest guest = lab.guest("thief").nic(Nic.of("52:54:00:02:04:01", device, "")).define();
        var nic = agent.awaitNic("52:54:00:02:04:01", "failed");
        assertThat(nic.get("reason").asText()).contains(device).contains(reason);
        Result start = guest.start();
        assertThat(start.ok()).isFalse();
        assertThat(start.err()).contains("thief").contains("52:54:00:02:04:01").contains(device).contains(reason);
        assertThat(start.took()).isLessThan(MOST);
        guest.undefine().orThrow();
        agent.awaitNic("52:54:00:02:04:01", n -> n.isEmpty(), "is forgotten");
        assertThat(state(device)).isEqualTo(details);
        assertThat(lab.links()).isEqualTo(before);
    }

    /** How long a start takes that the agent refuses at once: what libvirt and the machine take of it. */
    private Duration refusedAtOnce() {
        TreeSet<String> before = lab.links();
        Result create = lab.guest("unknown").nic(Nic.of("52:54:00:02:07:01", "unknown0", "")).network("52:54:00:02:07:01", "purple").create();
        assertThat(create.ok()).isFalse();
        assertThat(create.err()).contains("purple");
        Await.until("nothing is left", Duration.ofSeconds(10), lab::links, before::equals);
        return create.took();
    }

    private String state(String device) {
        return lab.sh("ip -o link show " + device + " && ip -o -4 address show " + device);
    }
}
