package io.tapwright.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LogBudgetTest {

    private final AtomicLong nanos = new AtomicLong();
    private final List<String> logged = new ArrayList<>();
    private final LogBudget budget = new LogBudget(nanos::get, 3, 1);

    @Test
    void aBurstIsLoggedAndTheRestCountedAndTold() {
        for (int i = 1; i <= 10; i++) {
            log("line " + i);
        }
        assertThat(logged).containsExactly("line 1", "line 2", "line 3");
        nanos.addAndGet(1_000_000_000L);
        log("later");
        assertThat(logged).endsWith("7 dropped", "later");
    }

    @Test
    void anUnspentBudgetDoesNotGrowBeyondABurst() {
        nanos.addAndGet(3_600_000_000_000L);
        for (int i = 1; i <= 10; i++) {
            log("line " + i);
        }
        assertThat(logged).hasSize(3);
    }

    private void log(String line) {
        budget.spend(dropped -> logged.add(dropped + " dropped"), () -> logged.add(line));
    }
}
