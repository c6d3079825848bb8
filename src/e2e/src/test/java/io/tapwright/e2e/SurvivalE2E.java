package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.chaos.LabShell;
import io.tapwright.testkit.chaos.LinkLog;
import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What running guests notice of other people's deaths and deeds: two of them ping each other all the while. */
class SurvivalE2E {

    private static final int KILLS = 20;
    /** Few enough that the agent does not take it for a fight over the taps, even if each took it two attempts. */
    private static final int RECREATIONS = 5;
    /** The figures are printed; what is asserted only tells a repair by event from one by the next full comparison. */
    private static final long BEFORE_A_SWEEP_MILLIS = 5_000;
    private static final String ONE = "10.50.0.11";
    private static final String TWO = "10.50.0.12";

    /** The guests' bridge is somebody else's. */
    private static final String CONFIGURATION = """
            tapwright:
              resync-interval: 30s
              networks:
                default: { bridge: br-def, create: true }
                theirs: { bridge: br-theirs }
              rules:
                - { domain: "*", network: theirs }
            """;

    private static Lab lab;
    private static LabShell shell;
    private static AgentProcess agent;
    private static Guest one;
    private static Guest two;

    @BeforeAll
    static void up() {
        lab = Labs.up(true);
        shell = LabShell.open(lab);
        shell.run("ip link add br-theirs type bridge && ip link set br-theirs up").orThrow();
        agent = lab.startAgent(CONFIGURATION);
        one = lab.guest("one").nic(Nic.of("52:54:00:50:00:01", "one0", ONE + "/24")).define();
        two = lab.guest("two").nic(Nic.of("52:54:00:50:00:02", "two0", TWO + "/24")).define();
        one.start().orThrow();
        two.start().orThrow();
        assertThat(one.canReach(TWO)).as("booted").isTrue();
        assertThat(two.canReach(ONE)).as("booted").isTrue();
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            shell.close();
            lab.close();
        }
    }

    @Test
    void noPingIsLostThroughTwentyKillsOfTheAgentAndTwentyRestartsOfLibvirtd() {
        TreeSet<String> devices = lab.links();
        String indexes = shell.run("ip -o link | cut -d: -f1,2").orThrow();
        List<Pings> pings = List.of(Pings.start(one, TWO, "0.1"), Pings.start(two, ONE, "0.1"));
        long begun = System.nanoTime();
        for (int i = 0; i < KILLS; i++) {
            agent.kill();
            agent = lab.startAgent(CONFIGURATION);
            if (i % 2 == 0) {
                agent.awaitNic("52:54:00:50:00:01", "wired");
            }
        }
        for (int i = 0; i < KILLS; i++) {
            lab.libvirtd(i % 2 == 0 ? "kill" : "stop");
            lab.libvirtd("start");
        }
        agent.awaitNic("52:54:00:50:00:01", "wired");
        agent.awaitNic("52:54:00:50:00:02", "wired");
        long seconds = (System.nanoTime() - begun) / 1_000_000_000;
        pings.forEach(each -> each.awaitReplies(4));
        int sent = 0;
        int lost = 0;
        for (Pings each : pings) {
            Pings.Outcome outcome = each.stop();
            sent += outcome.sent();
            lost += outcome.lost();
        }
        System.out.printf("agent kills: %d, libvirtd kills: %d, libvirtd restarts: %d, pings: %d, lost: %d%n",
                KILLS, KILLS / 2, KILLS / 2, sent, lost);
        // Of 20 in a second, as many as guests come to on a machine that has much else to do.
        assertThat(sent).as("pings that were sent in %d s", seconds).isGreaterThan((int) (2 * 10 * seconds / 4));
        assertThat(lost).as("pings that were lost").isZero();
        assertThat(lab.links()).isEqualTo(devices);
        assertThat(shell.run("ip -o link | cut -d: -f1,2").orThrow()).as("every device is the same as before").isEqualTo(indexes);
    }

    @Test
    void aBridgeThatSomebodyRecreatedHasItsTapsBackBeforeAnybodyLooks() {
        agent.awaitNic("52:54:00:50:00:01", "wired");
        agent.awaitNic("52:54:00:50:00:02", "wired");
        List<Long> attached = new ArrayList<>();
        List<Long> silent = new ArrayList<>();
        for (int i = 0; i < RECREATIONS; i++) {
            Pings pings = Pings.start(one, TWO, "0.05");
            pings.awaitReplies(4);
            try (LinkLog log = LinkLog.start(lab)) {
                shell.run("ip link delete br-theirs; ip link add br-theirs type bridge; ip link set br-theirs up").orThrow();
                attached.add(log.untilPorts("br-theirs", List.of("one0", "two0")).toMillis());
            }
            pings.awaitReplies(4);
            silent.add(50L * pings.stop().lost());
        }
        attached.sort(null);
        silent.sort(null);
        System.out.printf("bridge recreated %d times: both taps attached again after %s ms, pings away for at most %s ms%n",
                RECREATIONS, attached, silent.stream().map(s -> s + 50).toList());
        assertThat(attached.getLast()).as("ms until the taps are attached, longest").isLessThan(BEFORE_A_SWEEP_MILLIS);
        assertThat(silent.getLast()).as("ms without an answer to a ping, longest").isLessThan(BEFORE_A_SWEEP_MILLIS);
    }
}
