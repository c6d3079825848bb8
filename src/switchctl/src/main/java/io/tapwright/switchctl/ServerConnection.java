package io.tapwright.switchctl;

import io.tapwright.model.userspace.SwitchState;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * One client of the {@link SwitchServer}. Its reader works requests off one by one and waits where answers pile up; its
 * writer sends them, and between them one state for all the changes since the last.
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
                case Message.Welcome w -> unexpected("welcome");
                case Message.State s -> unexpected("state");
                case Message.Failure f -> unexpected("error");
            };
        } catch (MalformedMessageException e) {
            return new Message.Failure(Codec.tryId(line), e.getMessage());
        }
    }

    private static Message answerTo(long id, Supplier<SwitchState> work) {
        try {
            return new Message.State(OptionalLong.of(id), work.get());
        } catch (RuntimeException e) {
            return new Message.Failure(OptionalLong.of(id), MalformedMessageException.oneLine(e.getMessage() == null ? e.toString() : e.getMessage()));
        }
    }

    private static Message unexpected(String type) {
        return new Message.Failure(OptionalLong.empty(), "type: '" + type + "' is the switch's own, expected apply or ask");
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
