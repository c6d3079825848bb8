package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import io.tapwright.testkit.lab.SwitchProcess;
import io.tapwright.testkit.lab.VhostNic;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A network with a switch in user space: guests of both kinds, and the host, on one segment. */
class UserspaceE2E {

    private static final String ONE = "52:54:00:60:00:01";
    private static final String TWO = "52:54:00:60:00:02";
    private static final String TAP = "52:54:00:60:00:03";
    private static final int MEGABYTES = 100;
    /** Far longer than it takes: what is asserted is that it arrives, not how fast. */
    private static final Duration TRANSFER = Duration.ofMinutes(5);

    private static Lab lab;
    private static AgentProcess agent;
    private static SwitchProcess vswitch;
    private static Guest one;
    private static Guest two;
    private static Guest tap;

    @BeforeAll
    static void up() {
        lab = Labs.up(true);
        vswitch = lab.startSwitch();
        agent = lab.startAgent(configuration());
        one = lab.guest("one").nic(nic(ONE, "one.sock", "client", "10.60.0.11/24"));
        two = lab.guest("two").nic(nic(TWO, "two.sock", "server", "10.60.0.12/24"));
        tap = lab.guest("tap").nic(Nic.of(TAP, "tap0", "10.60.0.13/24"));
    }

    private static String configuration() {
        return """
                tapwright:
                  resync-interval: 2s
                  reaper-grace: 3s
                  userspace:
                    socket-directory: %s
                    control-socket: %s
                    command: none
                  networks:
                    default: { bridge: br-fast, create: true, address: [10.60.0.1/24], userspace: true }
                    plain: { bridge: br-plain, create: true }
                """.formatted(lab.switchDirectory(), lab.switchSocket());
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @AfterEach
    void off() {
        for (Guest guest : new Guest[] {one, two, tap}) {
            guest.destroy();
            guest.undefine();
        }
    }

    private static VhostNic nic(String mac, String socket, String mode, String cidr) {
        return new VhostNic(mac, lab.switchDirectory().resolve(socket), mode, cidr);
    }

    @Test
    void guestsOfBothKindsAndTheHostReachEachOther() {
        start(one, two, tap);

        assertThat(one.canReach("10.60.0.12")).as("vhost-user to vhost-user").isTrue();
        assertThat(two.canReach("10.60.0.13")).as("vhost-user to tap").isTrue();
        assertThat(tap.canReach("10.60.0.11")).as("tap to vhost-user").isTrue();
        assertThat(one.canReach("10.60.0.1")).as("vhost-user to host").isTrue();
        assertThat(lab.run("ping", "-c", "5", "-i", "0.2", "10.60.0.12").ok()).as("host to vhost-user").isTrue();
        agent.awaitNic(ONE, "wired");
        agent.awaitNic(TWO, "wired");
        Await.until("the switch's figures", Duration.ofSeconds(10), UserspaceE2E::missingFigures, List::isEmpty);
    }

    /** Those that a scrape does not have: none are in one that the switch has not answered in time. */
    private static List<String> missingFigures() {
        String metrics = agent.get("/q/metrics");
        return Stream.of("tapwright_switch_connected 1",
                        "tapwright_nic_switch_drops_total\\{.*mac=\"" + ONE + "\".*reason=\"hairpin\".*} \\d",
                        "tapwright_switch_addresses\\{network=\"default\",?} [3-9]",
                        "tapwright_switch_address_moves_total\\{network=\"default\"",
                        "tapwright_switch_addresses_refused_total\\{network=\"default\"")
                .filter(figure -> !Pattern.compile(figure).matcher(metrics).find()).toList();
    }

    @Test
    void aHundredMegabytesArriveAsTheyWereSent() {
        start(one, two, tap);

        assertTransfer(one, two, "10.60.0.12");
        assertTransfer(two, one, "10.60.0.11");
        assertTransfer(one, tap, "10.60.0.13");
        assertTransfer(tap, one, "10.60.0.11");
    }

    /** Sends what both ends can make sums of, and compares these. */
    private static void assertTransfer(Guest from, Guest to, String address) {
        // Its stdin stays open: at the end of that nc would end the connection, and the sender with it.
        to.sh("rm -f /tmp/received; (sleep 600 | nc -l -p 5001 | sha256sum >/tmp/received) >/dev/null 2>&1 &").orThrow();
        long begin = System.nanoTime();
        from.sh("dd if=/dev/urandom of=/tmp/piece bs=1M count=4 2>/dev/null").orThrow();
        Result result = from.sh("f() { i=0; while [ $i -lt " + MEGABYTES / 4 + " ]; do cat /tmp/piece; i=$((i+1)); done; };"
                + " f | sha256sum; f | nc " + address + " 5001", TRANSFER);
        String expected = result.orThrow().strip();
        String received = Await.until("what was received", TRANSFER,
                () -> to.sh("cat /tmp/received").out().strip(), text -> !text.isEmpty());
        assertThat(received).isEqualTo(expected).hasSizeGreaterThan(64);
        System.out.printf("%s to %s: %d MB, sums included, in %d ms%n", from.name(), to.name(), MEGABYTES,
                (System.nanoTime() - begin) / 1_000_000);
    }

    @Test
    void worksAgainAfterRebootsDriverReloadsAndRestarts() {
        start(one, two);

        one.sh("reboot -f");
        Await.until("one reaches two after its reboot", Duration.ofSeconds(60), () -> one.canReach("10.60.0.12"), b -> b);

        // The guest gives the NIC its address by itself, as for one that is plugged in.
        two.sh("rmmod virtio_net && insmod /modules/virtio_net.ko").orThrow();
        Await.until("one reaches two after its driver was loaded anew", Duration.ofSeconds(60), () -> one.canReach("10.60.0.12"), b -> b);

        for (Guest guest : new Guest[] {one, two}) {
            guest.destroy().orThrow();
            agent.awaitNic(guest == one ? ONE : TWO, "ready");
            guest.start().orThrow();
            guest.sh("true").orThrow();
        }
        assertThat(one.canReach("10.60.0.12")).as("after both were started anew").isTrue();
        assertThat(two.canReach("10.60.0.11")).as("after both were started anew").isTrue();
    }

    @Test
    void theAgentMayGoAndComeWithoutALostPing() {
        start(one, two);
        assertThat(one.canReach("10.60.0.12")).isTrue();
        Pings pings = Pings.start(one, "10.60.0.12", "0.05");
        pings.awaitReplies(4);

        agent.kill();
        agent = lab.startAgent(configuration());
        agent.awaitNic(ONE, "wired");

        pings.awaitReplies(4);
        Pings.Outcome outcome = pings.stop();
        System.out.println("agent killed and started anew: " + outcome);
        assertThat(outcome.lost()).as("pings that were lost").isZero();
    }

    @Test
    void theSwitchMayBeKilledAndGuestsGoOn() {
        start(one, two);
        assertThat(one.canReach("10.60.0.12")).isTrue();
        one.sh("ping -i 0.05 10.60.0.12 >/tmp/ping 2>&1 &").orThrow();

        vswitch.kill();
        vswitch = lab.startSwitch();

        Await.until("replies again", Duration.ofSeconds(20), () -> one.canReach("10.60.0.12"), b -> b);
        one.sh("killall -INT ping; sleep 1").orThrow();
        String summary = one.sh("grep transmitted /tmp/ping").orThrow().strip();
        System.out.println("switch killed and started anew, 20 pings a second: " + summary);
        assertThat(one.sh("cat /proc/uptime").ok()).isTrue();
        agent.awaitNic(ONE, "wired");
        agent.awaitNic(TWO, "wired");
    }

    @Test
    void theSwitchLetsGoOfTheTapOfTheLastNetworkThatHadOne() {
        Await.until("the switch holds the tap", Duration.ofSeconds(20), () -> lab.run("ip", "link", "show", "tw-default").out(),
                shown -> shown.contains("LOWER_UP"));
        try {
            agent.kill();
            agent = lab.startAgent(configuration().replace(", userspace: true", ""));
            Await.until("the tap is gone", Duration.ofSeconds(20), () -> lab.run("ip", "link", "show", "tw-default").ok(), there -> !there);
        } finally {
            agent.kill();
            agent = lab.startAgent(configuration());
        }
    }

    @Test
    void aNicThatCannotWorkIsRefusedWithTheLineToAdd() {
        Guest alone = lab.guest("alone").nic(nic("52:54:00:60:00:09", "alone.sock", "client", "")).withoutSharedMemory();
        alone.define();
        Result start = alone.start();

        assertThat(start.ok()).isFalse();
        assertThat(start.err()).contains("52:54:00:60:00:09").contains("<access mode='shared'/>");
        alone.undefine().orThrow();
    }

    private static void start(Guest... guests) {
        for (Guest guest : guests) {
            guest.define();
            guest.start().orThrow();
        }
        for (Guest guest : guests) {
            guest.sh("true").orThrow();
        }
    }
}
