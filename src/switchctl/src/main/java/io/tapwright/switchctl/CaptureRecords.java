package io.tapwright.switchctl;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSink;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.capture.Direction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * What a connection that captures carries, little-endian: records of a header of 24 bytes, and as many bytes as that says.
 *
 * <pre>
 * frame    i32 direction (0 to the VM, 1 from it); i32 bytes that follow; i32 length of the frame; i32 0; i64 epoch nanoseconds
 * counts   i32 2; i32 0; i64 frames so far; i64 of them dropped
 * end      i32 3; i32 bytes that follow; i32 0; i32 0; i64 0; why, UTF-8
 * </pre>
 *
 * Counts come every 200 ms, so that silence means that nobody is there.
 */
final class CaptureRecords {

    /** The most of a frame that may be asked for, as with dumpcap. */
    static final int MOST_SNAP_LENGTH = 262144;
    static final int HEADER = 24;
    /** Room for the longest record several times over. */
    static final int BUFFER = 1 << 20;

    private static final Direction[] DIRECTIONS = Direction.values();
    private static final int COUNTS = 2;
    private static final int END = 3;
    private static final Duration BETWEEN_COUNTS = Duration.ofMillis(200);

    private CaptureRecords() {
    }

    static ByteBuffer buffer() {
        return ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    }

    static void requireSnapLength(int snapLength) {
        if (snapLength < 1 || snapLength > MOST_SNAP_LENGTH) {
            throw new CaptureException("snapLength " + snapLength + ": expected 1 to " + MOST_SNAP_LENGTH);
        }
    }

    interface Out {
        void write(ByteBuffer bytes) throws IOException;
    }

    /** Sends what comes until it ends, or nobody takes it any more. */
    static void send(CaptureSource source, Out out) throws IOException {
        ByteBuffer buffer = buffer();
        CaptureSink sink = (epochNanos, direction, length, bytes) -> buffer.putInt(direction.ordinal()).putInt(bytes.remaining())
                .putInt(length).putInt(0).putLong(epochNanos).put(bytes);
        long counted = System.nanoTime() - BETWEEN_COUNTS.toNanos();
        try {
            while (true) {
                Duration patience = BETWEEN_COUNTS;
                while (buffer.remaining() >= 2 * HEADER + MOST_SNAP_LENGTH && source.read(sink, patience)) {
                    patience = Duration.ZERO;
                }
                if (System.nanoTime() - counted >= BETWEEN_COUNTS.toNanos()) {
                    counted = System.nanoTime();
                    buffer.putInt(COUNTS).putInt(0).putLong(source.frames()).putLong(source.drops());
                }
                out.write(buffer.flip());
                buffer.clear();
            }
        } catch (CaptureException end) {
            byte[] why = end.getMessage().getBytes(StandardCharsets.UTF_8);
            buffer.putInt(COUNTS).putInt(0).putLong(source.frames()).putLong(source.drops());
            buffer.putInt(END).putInt(why.length).putInt(0).putInt(0).putLong(0).put(why);
            out.write(buffer.flip());
        }
    }

    /** What came of a look into a buffer. */
    enum Got {
        FRAME, COUNTS, NOTHING_WHOLE
    }

    /** How many frames there were, as the last {@link #COUNTS} told. */
    record Counts(long frames, long drops) {
    }

    /**
     * Takes one record out of a buffer that is ready to be read from.
     *
     * @throws CaptureException at the end, or where it is no record
     */
    static Got take(ByteBuffer buffer, CaptureSink sink, Consumer<Counts> counts) {
        if (buffer.remaining() < HEADER) {
            return Got.NOTHING_WHOLE;
        }
        int at = buffer.position();
        int kind = buffer.getInt(at);
        int bytes = buffer.getInt(at + 4);
        if (kind < 0 || kind > END || bytes < 0 || bytes > MOST_SNAP_LENGTH) {
            throw new CaptureException("the switch sends what is no record: kind " + kind + " of " + bytes + " bytes");
        }
        if (kind == COUNTS) {
            counts.accept(new Counts(buffer.getLong(at + 8), buffer.getLong(at + 16)));
            buffer.position(at + HEADER);
            return Got.COUNTS;
        }
        if (buffer.remaining() < HEADER + bytes) {
            return Got.NOTHING_WHOLE;
        }
        buffer.position(at + HEADER + bytes);
        if (kind == END) {
            byte[] why = new byte[bytes];
            buffer.get(at + HEADER, why);
            throw new CaptureException(new String(why, StandardCharsets.UTF_8));
        }
        sink.frame(buffer.getLong(at + 16), DIRECTIONS[kind], buffer.getInt(at + 8), buffer.slice(at + HEADER, bytes));
        return Got.FRAME;
    }
}
