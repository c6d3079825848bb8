package io.tapwright.vswitch.capture;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tapwright.model.capture.Direction;
import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FrameRingTest {

    /** Of one worker: a batch whose first frame is of so many bytes, each of them {@code value}. */
    private static FrameBatch batch(Arena arena, int length, int value, int parts) {
        FrameBatch batch = new FrameBatch();
        MemorySegment bytes = arena.allocate(length).fill((byte) value);
        Frame frame = batch.frames[batch.count++];
        frame.length = length;
        frame.address = bytes.address();
        frame.parts = parts;
        frame.firstPart = 0;
        for (int i = 0; i < parts; i++) {
            batch.pieces.address[i] = bytes.address() + (long) length / parts * i;
            batch.pieces.length[i] = i == parts - 1 ? length - length / parts * i : length / parts;
        }
        return batch;
    }

    @Test
    void aFullRingDropsAndCountsAndHasRoomAgainOnceReadFrom() {
        try (Arena arena = Arena.ofConfined(); FrameRing ring = new FrameRing(4096, 65536)) {
            FrameBatch batch = batch(arena, 1000, 1, 1);
            for (int i = 0; i < 6; i++) {
                ring.write(batch, batch.frames[0], Direction.TO_VM, i);
            }
            assertThat(ring.frames()).isEqualTo(6);
            assertThat(ring.drops()).isEqualTo(2);
            List<Long> times = new ArrayList<>();
            while (ring.read((time, direction, length, bytes) -> times.add(time))) {
                assertThat(times).isNotEmpty();
            }
            assertThat(times).containsExactly(0L, 1L, 2L, 3L);
            for (int i = 0; i < 1000; i++) {
                ring.write(batch, batch.frames[0], Direction.TO_VM, i);
                assertThat(ring.read((time, direction, length, bytes) -> times.add(time))).isTrue();
            }
            assertThat(ring.drops()).isEqualTo(2);
        }
    }

    @Test
    void aFrameInPiecesIsPutTogetherAndCutWhereItShould() {
        try (Arena arena = Arena.ofConfined(); FrameRing ring = new FrameRing(4096, 50)) {
            FrameBatch batch = batch(arena, 100, 5, 7);
            ring.write(batch, batch.frames[0], Direction.FROM_VM, 9);
            assertThat(ring.read((time, direction, length, bytes) -> {
                assertThat(time).isEqualTo(9);
                assertThat(direction).isEqualTo(Direction.FROM_VM);
                assertThat(length).isEqualTo(100);
                assertThat(bytes.remaining()).isEqualTo(50);
                while (bytes.hasRemaining()) {
                    assertThat(bytes.get()).isEqualTo((byte) 5);
                }
            })).isTrue();
        }
    }

    @Test
    void severalWritersAndAReaderLoseNothingButWhatIsCounted() throws Exception {
        int writers = 3;
        int each = 200_000;
        try (FrameRing ring = new FrameRing(1 << 16, 1 << 16)) {
            AtomicInteger running = new AtomicInteger(writers);
            List<Thread> threads = new ArrayList<>();
            for (int w = 0; w < writers; w++) {
                int value = w;
                threads.add(Thread.ofPlatform().daemon().start(() -> {
                    try (Arena arena = Arena.ofConfined()) {
                        FrameBatch batch = batch(arena, 60 + 37 * value, value, 1);
                        for (int i = 0; i < each; i++) {
                            ring.write(batch, batch.frames[0], Direction.TO_VM, i);
                        }
                    }
                    running.decrementAndGet();
                }));
            }
            long[] last = {-1, -1, -1};
            long[] read = {0};
            boolean over = false;
            while (!over) {
                over = running.get() == 0;
                while (ring.read((time, direction, length, bytes) -> {
                    int value = (length - 60) / 37;
                    for (int i = 0; i < bytes.limit(); i++) {
                        if (bytes.get(i) != value) {
                            throw new AssertionError("byte " + i + " of a frame of writer " + value + " is " + bytes.get(i));
                        }
                    }
                    if (time <= last[value]) {
                        throw new AssertionError("frame " + time + " of writer " + value + " after " + last[value]);
                    }
                    last[value] = time;
                    read[0]++;
                })) {
                    Thread.onSpinWait();
                }
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(ring.frames()).isEqualTo((long) writers * each);
            assertThat(read[0] + ring.drops()).isEqualTo((long) writers * each);
            assertThat(read[0]).isPositive();
        }
    }

    @Test
    void aWriterAllocatesNothing() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Arena arena = Arena.ofConfined(); FrameRing ring = new FrameRing(1 << 16, 1 << 16)) {
            FrameBatch batch = batch(arena, 200, 1, 1);
            Mirror mirror = new Mirror(ring);
            long taken = Long.MAX_VALUE;
            for (int round = 0; round < 20 && taken > 1000; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 20_000; i++) {
                    mirror.sent(batch);
                }
                taken = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(taken).as("bytes for 20000 frames, most of them dropped").isLessThan(1000);
            assertThat(ring.drops()).isPositive();
        }
    }
}
