package io.tapwright.vswitch.capture;

import io.tapwright.model.capture.Direction;
import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Copies of frames on their way from workers to one reader, outside of the heap. A writer claims room by moving the tail,
 * copies, and publishes by writing the record's size last; it never waits, and where there is no room it counts. The reader
 * zeroes what it has read before it gives the room back, so that a size of 0 means "not written yet". (After Agrona's
 * ManyToOneRingBuffer.)
 *
 * <pre>
 * i32 size, negative for what is to be skipped; i32 captured; i32 length of the frame; i32 direction; i64 nanoTime; bytes
 * </pre>
 */
final class FrameRing implements AutoCloseable {

    static final int HEADER = 24;
    private static final int CAPTURED = 4;
    private static final int LENGTH = 8;
    private static final int DIRECTION = 12;
    private static final int TIME = 16;
    private static final int ALIGNMENT = 8;

    private static final VarHandle SIZE = ValueLayout.JAVA_INT.varHandle();
    private static final Direction[] DIRECTIONS = Direction.values();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment room;
    private final long capacity;
    private final int snapLength;
    /** Where the next record begins, and up to where the reader has read; both only grow. */
    private final AtomicLong tail = new AtomicLong();
    private final AtomicLong head = new AtomicLong();
    private final AtomicLong frames = new AtomicLong();
    private final AtomicLong drops = new AtomicLong();

    /** @param capacity in bytes, a power of two, that some frames of any length fit into */
    FrameRing(int capacity, int snapLength) {
        this.capacity = capacity;
        this.snapLength = snapLength;
        room = arena.allocate(capacity, Long.BYTES);
    }

    long frames() {
        return frames.get();
    }

    long drops() {
        return drops.get();
    }

    /** Any worker. */
    void write(FrameBatch batch, Frame frame, Direction direction, long nanoTime) {
        frames.incrementAndGet();
        int captured = Math.min(frame.length, snapLength);
        int size = HEADER + captured + ALIGNMENT - 1 & -ALIGNMENT;
        long at = claim(size);
        if (at < 0) {
            drops.incrementAndGet();
            return;
        }
        room.set(ValueLayout.JAVA_INT, at + CAPTURED, captured);
        room.set(ValueLayout.JAVA_INT, at + LENGTH, frame.length);
        room.set(ValueLayout.JAVA_INT, at + DIRECTION, direction.ordinal());
        room.set(ValueLayout.JAVA_LONG, at + TIME, nanoTime);
        copy(batch, frame, captured, room.address() + at + HEADER);
        SIZE.setRelease(room, at, size);
    }

    /** @return the offset of so many bytes in one piece, or -1 */
    private long claim(int size) {
        while (true) {
            long end = tail.get();
            long at = end & capacity - 1;
            // What is left at the end is skipped where it is too short.
            long skipped = capacity - at < size ? capacity - at : 0;
            if (end + skipped + size - head.getAcquire() > capacity) {
                return -1;
            }
            if (tail.compareAndSet(end, end + skipped + size)) {
                if (skipped == 0) {
                    return at;
                }
                SIZE.setRelease(room, at, (int) -skipped);
                return 0;
            }
        }
    }

    private static void copy(FrameBatch batch, Frame frame, int count, long to) {
        // In bounds: count is at most the frame's length, which is that of its parts together; the record has room for it.
        if (frame.parts == 1) {
            Memory.copy(frame.address, to, count);
            return;
        }
        batch.pieces.gather(frame.firstPart, count, to);
    }

    // -- the reader -----------------------------------------------------------------------------

    interface Reader {
        void frame(long nanoTime, Direction direction, int length, ByteBuffer bytes);
    }

    /** @return whether there was one */
    boolean read(Reader reader) {
        while (true) {
            long begin = head.get();
            long at = begin & capacity - 1;
            int size = (int) SIZE.getAcquire(room, at);
            if (size == 0) {
                return false;
            }
            if (size > 0) {
                int captured = room.get(ValueLayout.JAVA_INT, at + CAPTURED);
                reader.frame(room.get(ValueLayout.JAVA_LONG, at + TIME), DIRECTIONS[room.get(ValueLayout.JAVA_INT, at + DIRECTION)],
                        room.get(ValueLayout.JAVA_INT, at + LENGTH), room.asSlice(at + HEADER, captured).asByteBuffer());
            }
            room.asSlice(at, Math.abs(size)).fill((byte) 0);
            head.setRelease(begin + Math.abs(size));
            if (size > 0) {
                return true;
            }
        }
    }

    /** Once no worker can get at it any more. */
    @Override
    public void close() {
        arena.close();
    }
}
