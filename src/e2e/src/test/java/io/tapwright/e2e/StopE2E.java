package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.capture.PcapngFile;
import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.BusSubscriber;
import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An agent ends at once and without a complaint, whoever has spoken to it. */
class StopE2E {

    private static final String MAC = "52:54:00:90:00:01";
    private static final int TERMINATED = 143;
    /** With a subscriber of the bus that it waited for it took 3 s; what it takes else, a busy machine makes longer. */
    private static final Duration AT_ONCE = Duration.ofMillis(2500);

    private static Lab lab;

    @BeforeAll
    static void up() {
        lab = Labs.up(true);
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void capturesEndWithTheirReasonAndNoClientHoldsItUp() throws IOException {
        AgentProcess agent = lab.startAgent(Labs.THREE_NETWORKS);
        lab.guest("stop").nic(Nic.of(MAC, "stop0", "")).define();
        agent.awaitNic(MAC, "ready");
        // One goes without a word, one is there to the end.
        BusSubscriber.listen(lab, "tapwright.nic").close();
        BusSubscriber there = BusSubscriber.listen(lab, "tapwright.nic");
        try {
            Path file = lab.dir().resolve("vm").resolve("stop.pcapng");
            CompletableFuture<Result> curl = CompletableFuture.supplyAsync(() -> lab.run("curl", "-sS", "--fail-with-body",
                            "-o", file.toString(), "http://127.0.0.1:9470/api/v1/nics/" + MAC + "/capture?seconds=60"),
                    task -> Thread.ofVirtual().start(task));
            Await.until("the capture begins", Duration.ofSeconds(10), agent::log, log -> log.contains("capture of NIC " + MAC));

            long begun = System.nanoTime();
            agent.signal("TERM");
            assertThat(agent.exit()).isEqualTo(TERMINATED);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(AT_ONCE);
            curl.join().orThrow();
            assertThat(PcapngFile.parse(Files.readAllBytes(file)).statistics().getLast().comment()).isEqualTo("the agent is stopping");
        } finally {
            there.close();
        }
        assertThat(agent.log().lines().filter(line -> !line.contains(" INFO "))).isEmpty();
    }
}
