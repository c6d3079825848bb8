package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.chaos.ChaosCommand;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code deploy/chaos} runs; no part of the ordinary tests, since it takes as long as it is told. */
class ChaosByCommand {

    @Test
    void asTheCommandLineSays() {
        List<String> arguments = List.of(System.getProperty("tapwright.chaos", "").strip().split(" +"));
        assertThat(ChaosCommand.run(arguments)).as("times at which something was not as it should be").isZero();
    }
}
