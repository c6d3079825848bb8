package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tapwright.testkit.chaos.ChaosReport;
import io.tapwright.testkit.chaos.ChaosRun;
import io.tapwright.testkit.chaos.Driver;
import io.tapwright.testkit.lab.Lab;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * A short run of chaos on either driver, with a fixed seed; {@code deploy/chaos} is the long one. Whatever happened, at
 * each quiet point the kernel and the status are exactly as what was done demands.
 */
class ChaosE2E {

    private static final long SEED = 20_240_229;

    @Test
    void dozensOfDomainsOnTheTestDriver() {
        run(new ChaosRun.Plan(Driver.TEST, SEED, Duration.ofSeconds(35), 0, Duration.ofSeconds(7), Duration.ofSeconds(7), 30,
                Duration.ofMillis(60)));
    }

    @Test
    void someDomainsThatQemuRuns() {
        run(new ChaosRun.Plan(Driver.QEMU, SEED, Duration.ofSeconds(35), 0, Duration.ofSeconds(10), Duration.ofSeconds(9), 5,
                Duration.ofMillis(60)));
    }

    private static void run(ChaosRun.Plan plan) {
        String obstacle = Lab.obstacle();
        assumeTrue(obstacle.isEmpty(), obstacle);
        ChaosReport report = ChaosRun.run(plan, System.out::println);
        System.out.println(report.summary());
        assertThat(report.mismatches()).as(report.summary()).isEmpty();
        assertThat(report.kills()).as("kills of the agent").isPositive();
        assertThat(report.operations()).as("operations").isGreaterThan(20);
        assertThat(report.settled()).as("quiet points").hasSizeGreaterThan(2);
    }
}
