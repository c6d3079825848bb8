package io.tapwright.switchctl;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSink;
import io.tapwright.model.capture.CaptureSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/** Frames of one port of the switch's, over a connection of its own: the agent's end. One thread. */
public final class SwitchCapture implements CaptureSource {

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final long REQUEST = 1;

    private final Path socket;
    private final SocketChannel channel;
    private final Selector selector;
    /** Ready to be read from. */
    private final ByteBuffer unread = CaptureRecords.buffer().flip();
    private CaptureRecords.Counts counts = new CaptureRecords.Counts(0, 0);
    private long heard = System.nanoTime();

    private SwitchCapture(Path socket, SocketChannel channel, Selector selector) {
        this.socket = socket;
        this.channel = channel;
        this.selector = selector;
    }

    /**
     * Begins.
     *
     * @param snapLength so many bytes of each frame at most
     * @throws CaptureException where the switch refuses, or can't be reached
     */
    public static SwitchCapture open(Path socket, String network, String port, int snapLength) {
        SwitchCapture capture;
        try {
            capture = connect(socket);
        } catch (IOException e) {
            throw new CaptureException("the switch is not reachable: connect to " + socket + ": " + e.getMessage(), e);
        }
        try {
            capture.ask(new Message.Capture(REQUEST, network, port, snapLength));
            return capture;
        } catch (IOException e) {
            capture.close();
            throw new CaptureException("ask the switch at " + socket + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            capture.close();
            throw e;
        }
    }

    private static SwitchCapture connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        try {
            channel.configureBlocking(false);
            Selector selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            return new SwitchCapture(socket, channel, selector);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void ask(Message.Capture wanted) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        byte[] text = Codec.line(wanted);
        // A fresh socket takes a line without waiting.
        if (channel.write(ByteBuffer.allocate(text.length + 1).put(text).put((byte) '\n').flip()) <= text.length) {
            throw new IOException("no room for a line");
        }
        while (true) {
            switch (Codec.message(line(deadline))) {
                case Message.Welcome w -> { }
                case Message.State s -> { }
                case Message.Capturing c -> {
                    return;
                }
                case Message.Failure(var answers, String reason) -> throw new CaptureException("the switch refuses: " + reason);
                case Message.Apply a -> throw unexpected();
                case Message.Ask a -> throw unexpected();
                case Message.Capture c -> throw unexpected();
            }
        }
    }

    private CaptureException unexpected() {
        return new CaptureException("the switch at " + socket + " says what is the agent's own");
    }

    private byte[] line(long deadline) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            while (unread.hasRemaining()) {
                byte b = unread.get();
                if (b == '\n') {
                    return line.toByteArray();
                }
                line.write(b);
            }
            if (line.size() > SwitchServer.MAX_LINE_BYTES) {
                throw new LineChannel.LineTooLongException(SwitchServer.MAX_LINE_BYTES);
            }
            if (!receive(deadline - System.nanoTime())) {
                throw new IOException("no answer in " + PATIENCE.toMillis() + " ms");
            }
        }
    }

    /** Waits for bytes behind those that are unread; false if none came. */
    private boolean receive(long nanos) throws IOException {
        unread.compact();
        try {
            int read = channel.read(unread);
            if (read == 0 && nanos > 0) {
                selector.select(Math.max(1, nanos / 1_000_000));
                selector.selectedKeys().clear();
                read = channel.read(unread);
            }
            if (read < 0) {
                throw new IOException("the switch closed the connection");
            }
            if (read > 0) {
                heard = System.nanoTime();
            }
            return read > 0;
        } finally {
            unread.flip();
        }
    }

    @Override
    public boolean read(CaptureSink sink, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (true) {
                switch (CaptureRecords.take(unread, sink, told -> counts = told)) {
                    case FRAME -> {
                        return true;
                    }
                    case COUNTS -> { }
                    case NOTHING_WHOLE -> {
                        long left = deadline - System.nanoTime();
                        if (!receive(left) && left <= 0) {
                            requireSignOfLife();
                            return false;
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new CaptureException("read from the switch at " + socket + ": " + e.getMessage(), e);
        }
    }

    private void requireSignOfLife() {
        if (System.nanoTime() - heard > PATIENCE.toNanos()) {
            throw new CaptureException("the switch at " + socket + " has said nothing for " + PATIENCE.toMillis() + " ms");
        }
    }

    /** As the switch last told, some times a second. */
    @Override
    public long frames() {
        return counts.frames();
    }

    @Override
    public long drops() {
        return counts.drops();
    }

    @Override
    public void close() {
        try (selector; channel) {
            unread.limit(0);
        } catch (IOException gone) {
            // Nothing of it is of use any more.
        }
    }
}
