package io.tapwright.switchctl;

import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.userspace.SwitchState;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * One client of the {@link SwitchServer}. Its reader works requests off one by one and waits where answers pile up; its
 * writer sends them, and between them one state for all the changes since the last; once frames were asked for, these alone.
 */
final class ServerConnection {

    private static final int MOST_ANSWERS = 16;

    /** A port that comes and goes without end is told of at most so often. */
    private static final long MILLIS_BETWEEN_STATES = 10;

    private final SwitchServer server;
    private final LineChannel channel;
    private final Queue<Message> answers = new ArrayDeque<>();
    private boolean changed;
    private boolean ending;
    /** What the writer goes on with once it has said so. */
    private CaptureSource capture;

    ServerConnection(SwitchServer server, LineChannel channel) {
        this.server = server;
        this.channel = channel;
    }

    void start(long number) {
        Thread.ofPlatform().name("switch-control-" + number).daemon().start(() -> read(number));
    }

    /** Says one line to a client that is not served; a fresh socket takes it without waiting. */
    void refuse(String reason) throws IOException {
        try (channel) {
            channel.write(Codec.line(new Message.Failure(OptionalLong.empty(), reason)));
        }
    }

    synchronized void stateChanged() {
        changed = true;
        notifyAll();
    }

    void close() {
        end();
        channel.close();
        server.closed(this);
    }

    private void read(long number) {
        try {
            send(server.welcome());
            // Only now, so that nothing comes before the welcome.
            Thread.ofPlatform().name("switch-control-" + number + "-out").daemon().start(this::write);
            for (byte[] line = channel.read(); line != null; line = channel.read()) {
                send(answer(line));
            }
            end();
        } catch (LineChannel.LineTooLongException e) {
            sendLast(new Message.Failure(OptionalLong.empty(), e.getMessage() + ", closing"));
        } catch (IOException | RuntimeException gone) {
            close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
        }
    }

    private Message answer(byte[] line) {
        try {
            return switch (Codec.message(line)) {
                case Message.Apply(long id, var desired) -> answerTo(id, () -> server.apply(desired));
                case Message.Ask(long id) -> answerTo(id, server::state);
                case Message.Capture wanted -> begin(wanted);
                case Message.Capturing c -> unexpected("capturing");
                case Message.Welcome w -> unexpected("welcome");
                case Message.State s -> unexpected("state");
                case Message.Failure f -> unexpected("error");
            };
        } catch (MalformedMessageException e) {
            return new Message.Failure(Codec.tryId(line), e.getMessage());
        }
    }

    private Message begin(Message.Capture wanted) {
        synchronized (this) {
            if (capture != null) {
                return new Message.Failure(OptionalLong.of(wanted.id()), "this connection captures already");
            }
        }
        CaptureSource source;
        try {
            source = server.capture(wanted);
        } catch (RuntimeException e) {
            return failure(wanted.id(), e);
        }
        synchronized (this) {
            if (!ending) {
                capture = source;
                return new Message.Capturing(wanted.id());
            }
        }
        server.endCapture(source);
        return new Message.Failure(OptionalLong.of(wanted.id()), "the connection is closing");
    }

    private static Message failure(long id, RuntimeException e) {
        return new Message.Failure(OptionalLong.of(id),
                MalformedMessageException.oneLine(e.getMessage() == null ? e.toString() : e.getMessage()));
    }

    private static Message answerTo(long id, Supplier<SwitchState> work) {
        try {
            return new Message.State(OptionalLong.of(id), work.get());
        } catch (RuntimeException e) {
            return failure(id, e);
        }
    }

    private static Message unexpected(String type) {
        return new Message.Failure(OptionalLong.empty(), "type: '" + type + "' is the switch's own, expected apply, ask or capture");
    }

    private synchronized void send(Message answer) throws InterruptedException {
        while (answers.size() >= MOST_ANSWERS && !ending) {
            wait();
        }
        answers.add(answer);
        notifyAll();
    }

    private synchronized void sendLast(Message answer) {
        answers.add(answer);
        end();
    }

    /** The writer closes once everything is out. */
    private synchronized void end() {
        ending = true;
        notifyAll();
    }

    private void write() {
        try {
            for (Message next = next(); next != null; next = next()) {
                channel.write(Codec.line(next));
                if (next instanceof Message.Capturing) {
                    stream();
                    return;
                }
                if (next instanceof Message.State state && state.answers().isEmpty()) {
                    Thread.sleep(MILLIS_BETWEEN_STATES);
                }
            }
        } catch (IOException gone) {
            // The reader hears of it too.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close();
            endCapture();
        }
    }

    /** Until the client closes, which fails the next write, or the port goes. */
    private void stream() throws IOException {
        CaptureSource source;
        synchronized (this) {
            source = capture;
        }
        CaptureRecords.send(source, channel::write);
    }

    private void endCapture() {
        CaptureSource last;
        synchronized (this) {
            last = capture;
            capture = null;
        }
        if (last != null) {
            server.endCapture(last);
        }
    }

    /** What is to be sent next; null where that was all. */
    private Message next() throws InterruptedException {
        synchronized (this) {
            while (answers.isEmpty() && !changed && !ending) {
                wait();
            }
            if (!answers.isEmpty()) {
                notifyAll();
                return answers.remove();
            }
            if (ending) {
                return null;
            }
            changed = false;
        }
        return new Message.State(OptionalLong.empty(), server.state());
    }
}
