package io.tapwright.vswitch;

import static io.tapwright.vswitch.driver.GuestNic.frame;
import static io.tapwright.vswitch.driver.GuestNic.numberOf;
import static io.tapwright.vswitch.driver.TestSwitch.mac;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.capture.Direction;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.GuestNic.Layout;
import io.tapwright.vswitch.driver.TestSwitch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What somebody who captures a guest's port sees, and what the guests see of that. */
class CaptureIT {

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Duration SHORT = Duration.ofMillis(30);
    private static final int WHOLE = 262144;

    private final long fdsBefore = TestSwitch.openFds();
    private TestSwitch lan;

    private record Seen(long time, Direction direction, int length, byte[] bytes) {
    }

    @BeforeEach
    void up() {
        lan = new TestSwitch().with(1, 2, 3);
    }

    @AfterEach
    void nothingIsLeft() {
        lan.close();
        assertThat(TestSwitch.openFds()).isEqualTo(fdsBefore);
    }

    private GuestNic up(int number, Layout layout) {
        GuestNic nic = new GuestNic(GuestNic.USUAL, 256, 2048, layout).up(lan.socket(number));
        lan.await(number, PortStatus.RUNNING);
        return nic;
    }

    private CaptureSource capture(int port, int snapLength) {
        return lan.virtualSwitch.capture(TestSwitch.NETWORK, "p" + port, snapLength);
    }

    /** All that has come by now. */
    private static List<Seen> seen(CaptureSource capture) {
        List<Seen> all = new ArrayList<>();
        boolean more = true;
        while (more) {
            more = capture.read((time, direction, length, bytes) -> {
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                all.add(new Seen(time, direction, length, copy));
            }, SHORT);
        }
        return all;
    }

    private static void pass(GuestNic from, int fromNumber, GuestNic to, int toNumber, int length, int number) {
        byte[] frame = frame(mac(toNumber), mac(fromNumber), length, number);
        assertThat(from.send(frame)).isTrue();
        assertThat(to.receive(SOON)).isEqualTo(frame);
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void framesBothWaysAreSeenInTheirOrderAndWhole(Layout layout) {
        try (GuestNic one = up(1, layout); GuestNic two = up(2, Layout.DIRECT); CaptureSource capture = capture(1, WHOLE)) {
            long before = nanos(Instant.now());
            for (int i = 0; i < 100; i++) {
                pass(one, 1, two, 2, 60 + i, 2 * i);
                pass(two, 2, one, 1, 1514 - i, 2 * i + 1);
            }
            List<Seen> all = seen(capture);
            long after = nanos(Instant.now());

            assertThat(all).hasSize(200);
            long last = before;
            for (int i = 0; i < 200; i++) {
                Seen seen = all.get(i);
                boolean sent = i % 2 == 0;
                int length = sent ? 60 + i / 2 : 1514 - i / 2;
                assertThat(seen.direction).isEqualTo(sent ? Direction.FROM_VM : Direction.TO_VM);
                assertThat(seen.length).isEqualTo(length);
                assertThat(seen.bytes).isEqualTo(frame(mac(sent ? 2 : 1), mac(sent ? 1 : 2), length, i));
                assertThat(seen.time).isBetween(last - 1_000_000, after + 1_000_000);
                last = seen.time;
            }
            assertThat(capture.frames()).isEqualTo(200);
            assertThat(capture.drops()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void longFramesAreCutAndSayHowLongTheyWere(Layout layout) {
        try (GuestNic one = up(1, layout); GuestNic two = up(2, Layout.DIRECT); CaptureSource capture = capture(1, 96)) {
            byte[] frame = frame(mac(2), mac(1), 1514, 7);
            pass(one, 1, two, 2, 1514, 7);
            pass(one, 1, two, 2, 60, 8);
            List<Seen> all = seen(capture);

            assertThat(all).extracting(Seen::length).containsExactly(1514, 60);
            assertThat(all.getFirst().bytes).isEqualTo(Arrays.copyOf(frame, 96));
            assertThat(all.getLast().bytes).hasSize(60);
        }
    }

    @Test
    void onlyThePortThatIsAskedForIsSeenByAllWhoAsk() {
        try (GuestNic one = up(1, Layout.DIRECT); GuestNic two = up(2, Layout.DIRECT); GuestNic three = up(3, Layout.DIRECT);
                CaptureSource first = capture(3, WHOLE)) {
            try (CaptureSource second = capture(3, 64)) {
                pass(three, 3, one, 1, 100, 1);
                pass(one, 1, two, 2, 100, 2);
                pass(two, 2, three, 3, 100, 3);
                assertThat(seen(first)).extracting(s -> numberOf(s.bytes)).containsExactly(1, 3);
                assertThat(seen(second)).extracting(s -> s.bytes.length).containsExactly(64, 64);
            }
            pass(two, 2, three, 3, 100, 4);
            assertThat(seen(first)).extracting(s -> numberOf(s.bytes)).containsExactly(4);
        }
    }

    @Test
    void whoDoesNotReadLosesFramesAndTheGuestsDoNot() {
        try (GuestNic one = up(1, Layout.DIRECT); GuestNic two = up(2, Layout.DIRECT); CaptureSource capture = capture(2, WHOLE)) {
            int frames = 30_000;
            for (int i = 0; i < frames; i++) {
                pass(one, 1, two, 2, 1500, i);
            }
            assertThat(lan.state(2).counters().dropped()).isZero();
            assertThat(capture.frames()).isEqualTo(frames);

            List<Seen> all = seen(capture);
            assertThat(all).hasSizeBetween(5000, 6000);
            assertThat(all.size() + capture.drops()).isEqualTo(frames);
            for (int i = 0; i < all.size(); i++) {
                assertThat(all.get(i).bytes).isEqualTo(frame(mac(2), mac(1), 1500, i));
            }

            // There is room again, for frames of all sizes, round and round.
            for (int i = 0; i < 20_000; i++) {
                int length = 60 + i * 37 % 1400;
                pass(one, 1, two, 2, length, i);
                if (i % 1000 == 999) {
                    List<Seen> more = seen(capture);
                    assertThat(more).hasSize(1000);
                    assertThat(more).extracting(s -> numberOf(s.bytes)).startsWith(i - 999).endsWith(i);
                }
            }
        }
    }

    @Test
    void aCaptureEndsWithItsPortAndSaysSo() {
        try (GuestNic one = up(1, Layout.DIRECT); GuestNic two = up(2, Layout.DIRECT); CaptureSource capture = capture(2, WHOLE)) {
            pass(one, 1, two, 2, 100, 1);
            lan.without(2);
            // What came before is not lost.
            assertThat(capture.read((time, direction, length, bytes) -> assertThat(length).isEqualTo(100), SOON)).isTrue();
            assertThatThrownBy(() -> capture.read((time, direction, length, bytes) -> { }, SOON))
                    .isInstanceOf(CaptureException.class).hasMessageContaining("port 'p2' is gone");
        }
        assertThatThrownBy(() -> capture(2, WHOLE)).isInstanceOf(CaptureException.class).hasMessageContaining("no such port");
    }

    @Test
    void aThousandCapturesUnderTrafficLeaveNothingBehind() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicBoolean wrong = new AtomicBoolean();
        try (GuestNic one = up(1, Layout.DIRECT); GuestNic two = up(2, Layout.DIRECT)) {
            Thread traffic = Thread.ofPlatform().daemon().start(() -> {
                for (int i = 0; !stop.get(); i++) {
                    byte[] frame = frame(mac(2), mac(1), 60 + i % 1400, i);
                    one.send(frame);
                    if (!Arrays.equals(two.receive(SOON), frame)) {
                        wrong.set(true);
                        return;
                    }
                }
            });
            int threads = Thread.getAllStackTraces().size();
            long memory = 0;
            long frames = 0;
            for (int round = 0; round < 1000; round++) {
                try (CaptureSource capture = capture(1 + round % 2, WHOLE)) {
                    if (capture.read((time, direction, length, bytes) -> { }, SOON)) {
                        frames++;
                    }
                }
                if (round == 100) {
                    memory = mappedKilobytes();
                }
            }
            long grown = mappedKilobytes() - memory;
            stop.set(true);
            traffic.join();

            assertThat(wrong).isFalse();
            assertThat(frames).isEqualTo(1000);
            assertThat(Thread.getAllStackTraces().size()).isLessThanOrEqualTo(threads);
            // 900 captures would be 7 GB. Not what is resident, which grows as the heap takes the frames of this test.
            assertThat(grown).as("KiB").isLessThan(100_000);
        }
    }

    private static long mappedKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmSize:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElseThrow();
    }
}
