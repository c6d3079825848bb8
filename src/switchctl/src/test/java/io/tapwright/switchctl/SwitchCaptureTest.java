package io.tapwright.switchctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSink;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.capture.Direction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Frames from the switch's end of a connection to the agent's. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SwitchCaptureTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    @TempDir
    Path directory;

    private final ScriptedControl control = new ScriptedControl();
    private final AtomicInteger open = new AtomicInteger();
    private Path socket;
    private SwitchServer server;

    private record Seen(long time, Direction direction, int length, byte[] bytes) {
    }

    /** Gives what it is told to, then says nothing, or that it is over. */
    private final class Script implements CaptureSource {

        final BlockingQueue<Seen> frames = new LinkedBlockingQueue<>();
        final AtomicLong given = new AtomicLong();
        volatile String end;
        volatile long drops;
        volatile boolean endless;

        Script() {
            open.incrementAndGet();
        }

        @Override
        public boolean read(CaptureSink sink, Duration patience) {
            try {
                Seen next = endless ? new Seen(1, Direction.TO_VM, 1500, new byte[1500])
                        : frames.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
                if (next == null) {
                    if (end != null) {
                        throw new CaptureException(end);
                    }
                    return false;
                }
                sink.frame(next.time, next.direction, next.length, ByteBuffer.wrap(next.bytes));
                given.incrementAndGet();
                return true;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public long frames() {
            return given.get() + drops;
        }

        @Override
        public long drops() {
            return drops;
        }

        @Override
        public void close() {
            open.decrementAndGet();
        }
    }

    @BeforeEach
    void listen() throws IOException {
        socket = directory.resolve("control.sock");
        server = SwitchServer.open(socket, control);
    }

    @AfterEach
    void close() {
        server.close();
        await(() -> open.get() == 0);
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + SOON.toNanos();
        boolean met = condition.getAsBoolean();
        while (!met && System.nanoTime() < end) {
            Thread.onSpinWait();
            met = condition.getAsBoolean();
        }
        assertThat(met).isTrue();
    }

    private Script scripted() {
        Script script = new Script();
        control.onCapture = snapLength -> script;
        return script;
    }

    private SwitchCapture capture() {
        return SwitchCapture.open(socket, "lan", "p1", 65536);
    }

    /** A capture's place is free a moment after its source is closed. */
    private SwitchCapture captureOnceThereIsRoom() {
        long end = System.nanoTime() + SOON.toNanos();
        while (true) {
            try {
                return capture();
            } catch (CaptureException e) {
                if (!e.getMessage().contains("4 captures run already") || System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }

    private static byte[] bytes(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    @Test
    void framesArriveAsTheyAreAndCountsFollow() {
        Script script = scripted();
        List<Seen> sent = List.of(new Seen(1_700_000_000_123_456_789L, Direction.TO_VM, 60, bytes(60, 1)),
                new Seen(1_700_000_000_123_456_790L, Direction.FROM_VM, 65550, bytes(65550, 2)),
                new Seen(1_700_000_000_123_456_791L, Direction.FROM_VM, 9000, bytes(96, 3)));
        script.drops = 17;
        script.frames.addAll(sent);
        List<Seen> got = new ArrayList<>();
        try (SwitchCapture capture = capture()) {
            for (int i = 0; i < 3; i++) {
                assertThat(capture.read((time, direction, length, bytes) -> {
                    byte[] copy = new byte[bytes.remaining()];
                    bytes.get(copy);
                    got.add(new Seen(time, direction, length, copy));
                }, SOON)).isTrue();
            }
            assertThat(got).usingRecursiveFieldByFieldElementComparator().isEqualTo(sent);
            await(() -> !capture.read((time, direction, length, bytes) -> { }, Duration.ofMillis(10)) && capture.frames() == 20);
            assertThat(capture.drops()).isEqualTo(17);
        }
    }

    @Test
    void theReasonOfTheEndArrivesBehindTheLastFrame() {
        Script script = scripted();
        script.frames.add(new Seen(1, Direction.TO_VM, 60, bytes(60, 1)));
        script.end = "port 'p1' is gone";
        try (SwitchCapture capture = capture()) {
            assertThat(capture.read((time, direction, length, bytes) -> { }, SOON)).isTrue();
            assertThatThrownBy(() -> capture.read((time, direction, length, bytes) -> { }, SOON))
                    .isInstanceOf(CaptureException.class).hasMessage("port 'p1' is gone");
            assertThat(capture.frames()).isEqualTo(1);
        }
    }

    @Test
    void whatCanNotBeCapturedIsRefusedWithTheReason() {
        assertThatThrownBy(this::capture).isInstanceOf(CaptureException.class).hasMessage("the switch refuses: no such port");
        assertThatThrownBy(() -> SwitchCapture.open(socket, "lan", "p1", 0)).hasMessageContaining("snapLength 0: expected 1 to 262144");
        assertThatThrownBy(() -> SwitchCapture.open(directory.resolve("none"), "lan", "p1", 100))
                .isInstanceOf(CaptureException.class).hasMessageContaining("the switch is not reachable");
    }

    @Test
    void moreThanAFewAtOnceAreRefusedUntilOneEnds() {
        control.onCapture = snapLength -> new Script();
        List<SwitchCapture> running = new ArrayList<>();
        for (int i = 0; i < SwitchServer.MAX_CAPTURES; i++) {
            running.add(capture());
        }
        assertThatThrownBy(this::capture).hasMessageContaining("4 captures run already");
        running.removeFirst().close();
        await(() -> open.get() == SwitchServer.MAX_CAPTURES - 1);
        captureOnceThereIsRoom().close();
        running.forEach(SwitchCapture::close);
    }

    @Test
    void whoReadsNothingIsWrittenNoMoreThanTheSocketTakes() throws Exception {
        Script script = scripted();
        script.endless = true;
        try (SwitchCapture capture = capture()) {
            await(() -> script.given.get() > 500);
            long before = -1;
            while (before != script.given.get()) {
                before = script.given.get();
                Thread.sleep(100);
            }
            assertThat(before).as("frames of 1500 bytes").isLessThan(3000);
            // And it goes on from there.
            for (int i = 0; i < 5000; i++) {
                assertThat(capture.read((time, direction, length, bytes) -> { }, SOON)).isTrue();
            }
        }
    }

    @Test
    void aThousandLeaveNothingBehind() throws Exception {
        control.onCapture = snapLength -> {
            Script script = new Script();
            script.endless = true;
            return script;
        };
        int threads = 0;
        long fds = 0;
        for (int round = 0; round < 1000; round++) {
            try (SwitchCapture capture = captureOnceThereIsRoom()) {
                assertThat(capture.read((time, direction, length, bytes) -> { }, SOON)).isTrue();
            }
            await(() -> open.get() == 0);
            if (round == 10) {
                threads = Thread.getAllStackTraces().size();
                fds = fds();
            }
        }
        int atFirst = threads;
        long fdsAtFirst = fds;
        await(() -> Thread.getAllStackTraces().size() <= atFirst);
        await(() -> fds() <= fdsAtFirst);
    }

    private static long fds() {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void garbageIsNoFrame() {
        ByteBuffer garbage = CaptureRecords.buffer().putInt(7).putInt(1).putLong(0).putLong(0).flip();
        assertThatThrownBy(() -> CaptureRecords.take(garbage, (time, direction, length, bytes) -> { }, counts -> { }))
                .hasMessageContaining("no record: kind 7");
        ByteBuffer tooLong = CaptureRecords.buffer().putInt(0).putInt(1 << 30).putLong(0).putLong(0).flip();
        assertThatThrownBy(() -> CaptureRecords.take(tooLong, (time, direction, length, bytes) -> { }, counts -> { }))
                .hasMessageContaining("no record");
    }
}
