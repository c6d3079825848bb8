package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.BusSubscriber;
import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the agent says of itself is what is so. */
class ReportE2E {

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
    void aSubscriberSeesReadyThenWiredThenReadyAgain() {
        try (BusSubscriber bus = BusSubscriber.listen(lab, "tapwright.nic", "tapwright.domain")) {
            Guest guest = lab.guest("bus").nic(Nic.of("52:54:00:07:01:01", "bus0", "")).define();
            awaitStates(bus, "52:54:00:07:01:01", "ready");
            guest.start().orThrow();
            awaitStates(bus, "52:54:00:07:01:01", "ready", "wired");
            guest.destroy().orThrow();
            awaitStates(bus, "52:54:00:07:01:01", "ready", "wired", "ready");
            guest.undefine().orThrow();
            awaitStates(bus, "52:54:00:07:01:01", "ready", "wired", "ready", "removed");
            // After its NICs'.
            List<String> phases = Await.until("the domain's end on the bus", Duration.ofSeconds(10),
                    () -> bus.heard("tapwright.domain").stream().map(d -> d.get("phase").asText()).toList(), all -> all.contains("removed"));
            assertThat(phases).contains("off", "running", "removed");
        }
    }

    @Test
    void aSubscriberSeesTheReasonOfAFailure() {
        try (BusSubscriber bus = BusSubscriber.listen(lab, "tapwright.nic")) {
            lab.guest("lost").nic(Nic.of("52:54:00:07:02:01", "lost0", "")).network("52:54:00:07:02:01", "nowhere").define();
            JsonNode failed = Await.until("a failure", Duration.ofSeconds(10), () -> nics(bus, "52:54:00:07:02:01"),
                    list -> !list.isEmpty()).getFirst();
            assertThat(failed.get("state").asText()).isEqualTo("failed");
            assertThat(failed.get("reason").asText()).contains("nowhere");
        }
        lab.virsh("undefine", "lost").orThrow();
    }

    @Test
    void theFiguresAreTheKernels() {
        Guest guest = lab.guest("count").nic(Nic.of("52:54:00:07:03:01", "count0", "10.10.0.73/24"))
                .nic(Nic.of("52:54:00:07:03:02", "br-blue", "")).define();
        guest.clearNics().nic(Nic.of("52:54:00:07:03:01", "count0", "10.10.0.73/24")).define();
        guest.start().orThrow();
        agent.awaitNic("52:54:00:07:03:01", "wired");
        assertThat(guest.canReach("10.10.0.1")).isTrue();
        guest.sh("ip link set eth0 down").orThrow();
        Await.until("the scrape shows the kernel's own figures", Duration.ofSeconds(10), () -> List.of(
                        lab.sysfs("count0", "statistics/rx_bytes"), lab.sysfs("count0", "statistics/tx_packets"),
                        figure("tapwright_nic_receive_bytes_total", "count0"), figure("tapwright_nic_transmit_packets_total", "count0")),
                f -> Double.parseDouble(f.get(0)) > 0 && Double.parseDouble(f.get(0)) == Double.parseDouble(f.get(2))
                        && Double.parseDouble(f.get(1)) == Double.parseDouble(f.get(3)));
        String scrape = agent.get("/q/metrics");
        assertThat(scrape).contains("tapwright_nics{network=\"default\",state=\"wired\"}")
                .contains("tapwright_libvirt_connected 1").contains("tapwright_hook_duration_seconds_bucket")
                .contains("tapwright_reconcile_duration_seconds_bucket").contains("tapwright_wiring_duration_seconds_bucket")
                .contains("tapwright_libvirt_events_total").contains("uuid=\"" + guest.uuid() + "\"");
        guest.destroy().orThrow();
        guest.undefine().orThrow();
    }

    @Test
    void aNicWithoutATapDoesNotBreakTheScrape() {
        lab.guest("tapless").nic(Nic.of("52:54:00:07:04:01", "br-green", "")).define();
        agent.awaitNic("52:54:00:07:04:01", "failed");
        assertThat(lab.run("curl", "-sf", "http://127.0.0.1:9470/q/metrics").orThrow()).contains("state=\"failed\"");
        lab.virsh("undefine", "tapless").orThrow();
    }

    @Test
    void whatPassesADeviceOfSomebodyElseIsNotShownAsThatOfANicWithItsName() {
        lab.guest("stranger").nic(Nic.of("52:54:00:07:05:01", "lo", "")).define();
        agent.awaitNic("52:54:00:07:05:01", "failed");
        assertThat(agent.get("/q/metrics")).doesNotContain("tap=\"lo\"");
        assertThat(lab.run("curl", "-sS", "-w", "%{http_code}", "http://127.0.0.1:9470/api/v1/nics/52:54:00:07:05:01/capture?seconds=1")
                .out()).contains("it has no tap: target dev 'lo' is the name of a device that is not Tapwright's").endsWith("503");
        lab.virsh("undefine", "stranger").orThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/status", "/eventbus/info", "/q/metrics", "/q/health/ready"})
    void nothingIsToBeReadByTheNameOfAnotherHost(String path) {
        String url = "http://127.0.0.1:9470" + path;
        Result rebound = lab.run("curl", "-sS", "-w", "%{http_code}", "-H", "Host: evil.example", url);
        assertThat(rebound.out()).contains("host evil.example").endsWith("403");
        assertThat(lab.run("curl", "-sS", "-w", "%{http_code}", url).out()).endsWith("200");
    }

    @Test
    void theScrapePassesPromtool() {
        Optional<Path> promtool = List.of("/usr/bin/promtool", "/usr/local/bin/promtool").stream().map(Path::of)
                .filter(Files::isExecutable).findFirst();
        assumeTrue(promtool.isPresent(), "needs promtool (Debian: package prometheus)");
        String scrape = lab.run("curl", "-sf", "-H", "Accept: text/plain", "http://127.0.0.1:9470/q/metrics").orThrow();
        Result check = lab.runWithInput(scrape.getBytes(StandardCharsets.UTF_8), promtool.get().toString(), "check", "metrics");
        assertThat(check.ok()).as(check.out() + check.err()).isTrue();
    }

    private static String figure(String metric, String tap) {
        return agent.get("/q/metrics").lines().filter(l -> l.startsWith(metric + "{") && l.contains("tap=\"" + tap + "\""))
                .map(l -> l.substring(l.lastIndexOf(' ') + 1)).findFirst().orElse("-1");
    }

    /** Waits until these states have been heard, in this order; what is pending on the way does not count. */
    private static void awaitStates(BusSubscriber bus, String mac, String... states) {
        Await.until("the states " + List.of(states), Duration.ofSeconds(20),
                () -> nics(bus, mac).stream().map(n -> n.get("state").asText()).filter(s -> !s.equals("pending")).toList(),
                List.of(states)::equals);
    }

    private static List<JsonNode> nics(BusSubscriber bus, String mac) {
        return bus.heard("tapwright.nic").stream().filter(n -> n.get("mac").asText().equals(mac)).toList();
    }
}
