package io.tapwright.vswitch.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class WorkerIT {

    private static final int ROUNDS = 10_000;

    /** The word may come at any point of a round, also between the last look at it and the sleep. */
    @Test
    void anIdleWorkerEndsWheneverItIsTold() {
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
            for (int i = 0; i < ROUNDS; i++) {
                Worker worker = new Worker("idle", 2_000, () -> { }, failure -> { });
                worker.start();
                long end = System.nanoTime() + ThreadLocalRandom.current().nextInt(100_000);
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                worker.close();
            }
        });
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().equals("idle"));
    }
}
