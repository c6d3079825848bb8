package io.tapwright.vswitch.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class EventLoopTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Test
    void whateverATaskThrowsEndsNothingButThatTask() {
        List<Throwable> faults = List.of(new IllegalStateException(), new OutOfMemoryError("test"), new StackOverflowError(),
                new NoClassDefFoundError("test"), new AssertionError());
        Queue<Throwable> heard = new ConcurrentLinkedQueue<>();
        try (EventLoop loop = new EventLoop("loop", heard::add)) {
            loop.start();
            faults.forEach(fault -> loop.execute(() -> sneak(fault)));
            assertThat(Assertions.<Integer>assertTimeoutPreemptively(PATIENCE, () -> loop.call(() -> 5))).isEqualTo(5);
        }
        assertThat(heard).containsExactlyElementsOf(faults);
    }

    private static void sneak(Throwable fault) {
        switch (fault) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalArgumentException(fault);
        }
    }
}
