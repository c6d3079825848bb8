package io.tapwright.vswitch.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.vswitch.driver.TestSwitch;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * A few seconds of what {@code src/vswitch/fuzz} does for as long as one likes: inputs of a fixed sequence, without regard
 * to coverage.
 */
class FuzzIT {

    private static final long NANOS = 4_000_000_000L;

    /** Feeds inputs until the time is over, and at least some; says which one failed. */
    private static void feed(Consumer<byte[]> target) {
        Random random = new Random(42);
        byte[] input = new byte[0];
        int count = 0;
        for (long end = System.nanoTime() + NANOS; System.nanoTime() < end || count < 500; count++) {
            if (count % 4 == 0 || input.length == 0) {
                input = new byte[random.nextInt(600)];
                random.nextBytes(input);
                if (count % 8 == 0) {
                    for (int i = 0; i < input.length; i++) {
                        input[i] = (byte) (input[i] & 0x7f);
                    }
                }
            } else {
                input[random.nextInt(input.length)] = (byte) random.nextInt();
                input = random.nextInt(4) == 0 ? Arrays.copyOf(input, random.nextInt(600)) : input;
            }
            try {
                target.accept(input);
            } catch (RuntimeException | Error e) {
                throw new AssertionError("input " + count + ": " + HexFormat.of().formatHex(input), e);
            }
        }
        assertThat(count).isGreaterThanOrEqualTo(500);
    }

    @Test
    void noSequenceOfMessagesDoesHarm() {
        long fds = TestSwitch.openFds();
        try (MessageFuzz fuzz = new MessageFuzz()) {
            feed(fuzz::run);
        }
        assertThat(TestSwitch.openFds()).isEqualTo(fds);
    }

    @Test
    void noContentsOfRingsDoHarm() {
        long fds = TestSwitch.openFds();
        try (RingFuzz fuzz = new RingFuzz(false)) {
            feed(fuzz::run);
        }
        assertThat(TestSwitch.openFds()).isEqualTo(fds);
    }

    @Test
    void ringsThatChangeWhileTheyAreReadDoNoHarm() {
        try (RingFuzz fuzz = new RingFuzz(true)) {
            feed(fuzz::run);
        }
    }

    @Test
    void noFrameAndNoOffloadHeaderDoesHarm() {
        try (FrameFuzz fuzz = new FrameFuzz()) {
            feed(fuzz::run);
        }
    }
}
