package io.tapwright.agent.metrics;

import io.vertx.core.buffer.Buffer;
import java.io.Writer;

/** Appends text to a buffer, as UTF-8, a piece at a time: made for many small writes. One thread. */
final class BufferWriter extends Writer {

    private static final int PIECE = 8192;

    private final Buffer to;
    private final char[] piece = new char[PIECE];
    private int length;

    BufferWriter(Buffer to) {
        this.to = to;
    }

    @Override
    public void write(int c) {
        if (length == PIECE) {
            flush();
        }
        piece[length++] = (char) c;
    }

    @Override
    public void write(char[] text, int from, int count) {
        for (int i = from; i < from + count; i++) {
            write(text[i]);
        }
    }

    @Override
    public void write(String text, int from, int count) {
        for (int done = 0; done < count; ) {
            if (length == PIECE) {
                flush();
            }
            int fits = Math.min(count - done, PIECE - length);
            text.getChars(from + done, from + done + fits, piece, length);
            length += fits;
            done += fits;
        }
    }

    /** The first half of a character that UTF-16 writes in two waits for the second. */
    @Override
    public void flush() {
        int whole = length > 0 && Character.isHighSurrogate(piece[length - 1]) ? length - 1 : length;
        to.appendString(new String(piece, 0, whole));
        System.arraycopy(piece, whole, piece, 0, length - whole);
        length -= whole;
    }

    @Override
    public void close() {
        flush();
    }
}
