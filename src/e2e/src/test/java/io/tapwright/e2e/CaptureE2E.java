package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.capture.PcapngFile;
import io.tapwright.testkit.capture.PcapngFile.Packet;
import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import io.tapwright.testkit.lab.VhostNic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What guests say to each other, as captures of NICs of both kinds have it. */
class CaptureE2E {

    private static final String ONE = "52:54:00:70:00:01";
    private static final String TWO = "52:54:00:70:00:02";
    private static final String TAP = "52:54:00:70:00:03";
    private static final int REQUEST = 8;
    private static final int REPLY = 0;
    private static final int PINGS = 5;
    private static final Duration TRANSFER = Duration.ofMinutes(5);
    /** A function of the guest's shell: 60 MB. */
    private static final String PIECES = "f() { i=0; while [ $i -lt 15 ]; do cat /tmp/piece; i=$((i+1)); done; };";

    private static Lab lab;
    private static AgentProcess agent;
    private static Guest one;
    private static Guest two;
    private static Guest tap;

    @BeforeAll
    static void up() {
        lab = Labs.up(true);
        lab.startSwitch();
        agent = lab.startAgent("""
                tapwright:
                  userspace: { socket-directory: %s, control-socket: %s, command: none }
                  networks:
                    default: { bridge: br-fast, create: true, address: [10.70.0.1/24], userspace: true }
                """.formatted(lab.switchDirectory(), lab.switchSocket()));
        one = lab.guest("one").nic(new VhostNic(ONE, lab.switchDirectory().resolve("one"), "client", "10.70.0.11/24"));
        two = lab.guest("two").nic(new VhostNic(TWO, lab.switchDirectory().resolve("two"), "server", "10.70.0.12/24"));
        tap = lab.guest("tap").nic(Nic.of(TAP, "tap0", "10.70.0.13/24"));
        for (Guest guest : List.of(one, two, tap)) {
            guest.define();
            guest.start().orThrow();
        }
        for (Guest guest : List.of(one, two, tap)) {
            guest.sh("true").orThrow();
        }
        agent.awaitNic(ONE, "wired");
        agent.awaitNic(TWO, "wired");
        agent.awaitNic(TAP, "wired");
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    private static Path file(String mac) {
        return lab.dir().resolve("vm").resolve(mac.replace(":", "") + ".pcapng");
    }

    /** From the moment at which the agent says that it has begun. */
    private static CompletableFuture<Result> begin(String mac, int seconds) {
        int before = agent.log().length();
        CompletableFuture<Result> curl = CompletableFuture.supplyAsync(() -> lab.run("curl", "-sS", "--fail-with-body", "-o", file(mac).toString(),
                "http://127.0.0.1:9470/api/v1/nics/" + mac + "/capture?seconds=" + seconds),
                task -> Thread.ofVirtual().start(task));
        Await.until("the capture of " + mac + " begins", Duration.ofSeconds(10), agent::log,
                log -> log.substring(before).contains("capture of NIC " + mac));
        return curl;
    }

    private static PcapngFile read(String mac) {
        try {
            return PcapngFile.parse(Files.readAllBytes(file(mac)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertPings(PcapngFile file, int type, boolean inbound, String from, String to) {
        assertThat(file.packets().stream().filter(packet -> packet.icmpType() == type && packet.inbound() == inbound)
                .filter(packet -> address(packet, 26).equals(from) && address(packet, 30).equals(to)).count())
                .as("ICMP type %d from %s to %s, %s %s", type, from, to, inbound ? "into" : "out of", file.description()).isEqualTo(PINGS);
    }

    private static String address(Packet packet, int at) {
        byte[] bytes = packet.bytes();
        return "%d.%d.%d.%d".formatted(bytes[at] & 0xff, bytes[at + 1] & 0xff, bytes[at + 2] & 0xff, bytes[at + 3] & 0xff);
    }

    @Test
    void pingsAreSeenOnNicsOfBothKindsInTheirDirections() {
        List<CompletableFuture<Result>> curls = List.of(begin(ONE, 25), begin(TWO, 25), begin(TAP, 25));
        assertThat(one.canReach("10.70.0.12")).isTrue();
        assertThat(tap.canReach("10.70.0.11")).isTrue();
        curls.forEach(curl -> curl.join().orThrow());

        PcapngFile ofOne = read(ONE);
        assertPings(ofOne, REQUEST, false, "10.70.0.11", "10.70.0.12");
        assertPings(ofOne, REPLY, true, "10.70.0.12", "10.70.0.11");
        assertPings(ofOne, REQUEST, true, "10.70.0.13", "10.70.0.11");
        assertPings(ofOne, REPLY, false, "10.70.0.11", "10.70.0.13");
        PcapngFile ofTwo = read(TWO);
        assertPings(ofTwo, REQUEST, true, "10.70.0.11", "10.70.0.12");
        assertPings(ofTwo, REPLY, false, "10.70.0.12", "10.70.0.11");
        PcapngFile ofTap = read(TAP);
        assertPings(ofTap, REQUEST, false, "10.70.0.13", "10.70.0.11");
        assertPings(ofTap, REPLY, true, "10.70.0.11", "10.70.0.13");
        assertThat(ofTap.name()).isEqualTo("tap0");
        assertThat(ofTap.packets()).noneMatch(packet -> packet.icmpType() >= 0 && address(packet, 30).equals("10.70.0.12"));
        for (PcapngFile file : List.of(ofOne, ofTwo, ofTap)) {
            assertThat(file.statistics().getLast().comment()).isEqualTo("as long as was asked for");
            assertThat(file.statistics().get(file.statistics().size() - 2).dropped()).as("while it lasted").isZero();
            // What passes in the last moment may come too late to be written, and is counted.
            assertThat(file.statistics().getLast().dropped()).isLessThan(PINGS);
            assertThat(file.statistics().getLast().received()).isEqualTo(file.packets().size() + file.statistics().getLast().dropped());
        }
        // Of a tap the kernel gives the times, and stamps the first frames of a capture when they are read.
        assertThat(ofOne.packets()).extracting(Packet::epochNanos).isSorted();
        assertThat(ofTwo.packets()).extracting(Packet::epochNanos).isSorted();
        assertThat(lab.run("tcpdump", "-nn", "-r", file(ONE).toString(), "icmp").orThrow())
                .contains("10.70.0.11 > 10.70.0.12: ICMP echo request").contains("10.70.0.12 > 10.70.0.11: ICMP echo reply");
    }

    @Test
    void aReaderThatReadsNothingLosesWhatTheGuestsDoNot() {
        one.sh("dd if=/dev/urandom of=/tmp/piece bs=1M count=4 2>/dev/null").orThrow();
        String expected = one.sh(PIECES + " f | sha256sum", TRANSFER).orThrow().strip();
        two.sh("rm -f /tmp/got; (sleep 600 | nc -l -p 5001 | sha256sum >/tmp/got) >/dev/null 2>&1 &").orThrow();
        int before = agent.log().length();
        // What is only written to is never read from. All that may wait on the way is less than half of what the guests send.
        lab.sh("((printf 'GET /api/v1/nics/%s/capture?seconds=25 HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n'; sleep 30)".formatted(ONE)
                + " | socat -u STDIN TCP:127.0.0.1:9470) >/dev/null 2>&1 &");
        Await.until("the capture begins", Duration.ofSeconds(10), agent::log, log -> log.substring(before).contains("capture of NIC " + ONE));
        one.sh(PIECES + " f | nc 10.70.0.12 5001", TRANSFER).orThrow();
        assertThat(Await.until("what was received", TRANSFER, () -> two.sh("cat /tmp/got").out().strip(), text -> !text.isEmpty()))
                .isEqualTo(expected).hasSizeGreaterThan(64);
        String over = Await.until("its end", Duration.ofSeconds(60),
                () -> agent.log().substring(before).lines().filter(line -> line.contains(ONE + " of domain one is over")).reduce((a, b) -> b).orElse(""),
                line -> !line.isEmpty());
        assertThat(over).doesNotContain(" 0 dropped");
    }

    @Test
    void onlyRootMayAndOnlyOfNicsThatAreThere() {
        Result other = lab.run("setpriv", "--reuid=nobody", "--clear-groups", "curl", "-sS", "--fail-with-body",
                "http://127.0.0.1:9470/api/v1/nics/" + TAP + "/capture?seconds=1");
        assertThat(other.ok()).isFalse();
        assertThat(other.out()).contains("only root, on this host, may capture");
        Result unknown = lab.run("curl", "-sS", "-w", "%{http_code}", "http://127.0.0.1:9470/api/v1/nics/52:54:00:70:00:99/capture");
        assertThat(unknown.out()).contains("no domain has a NIC with the MAC address 52:54:00:70:00:99").endsWith("404");
        Result rebound = lab.run("curl", "-sS", "-w", "%{http_code}", "-H", "Host: evil.example",
                "http://127.0.0.1:9470/api/v1/nics/" + TAP + "/capture?seconds=1");
        assertThat(rebound.out()).contains("host evil.example").endsWith("403");
    }
}
