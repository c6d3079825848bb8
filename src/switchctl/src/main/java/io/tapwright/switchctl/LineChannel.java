package io.tapwright.switchctl;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Lines over a blocking stream socket. One thread may read while another writes; closing ends both. */
final class LineChannel implements Closeable {

    private static final int CHUNK = 64 * 1024;

    private final SocketChannel socket;
    private final int maxLineBytes;
    private final ByteBuffer unread = ByteBuffer.allocate(CHUNK).flip();

    LineChannel(SocketChannel socket, int maxLineBytes) {
        this.socket = socket;
        this.maxLineBytes = maxLineBytes;
    }

    /** A line that would be too long; what follows it can't be told from it. */
    static final class LineTooLongException extends IOException {
        LineTooLongException(int maxLineBytes) {
            super("a line of more than " + maxLineBytes + " bytes");
        }
    }

    /** The next line without its end; null where the peer has closed, be it in the middle of a line. */
    byte[] read() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            while (unread.hasRemaining()) {
                byte b = unread.get();
                if (b == '\n') {
                    return line.toByteArray();
                }
                line.write(b);
                if (line.size() > maxLineBytes) {
                    throw new LineTooLongException(maxLineBytes);
                }
            }
            unread.clear();
            int read = socket.read(unread);
            unread.flip();
            if (read < 0) {
                return null;
            }
        }
    }

    void write(byte[] line) throws IOException {
        write(ByteBuffer.allocate(line.length + 1).put(line).put((byte) '\n').flip());
    }

    /** Bytes that are no line. */
    void write(ByteBuffer out) throws IOException {
        while (out.hasRemaining()) {
            socket.write(out);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException gone) {
            // Nothing of it is of use any more.
        }
    }
}
