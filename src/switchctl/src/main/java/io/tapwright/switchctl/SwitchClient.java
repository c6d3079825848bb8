package io.tapwright.switchctl;

import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchException;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.model.userspace.UserspaceSwitch;
import io.tapwright.model.userspace.UserspaceSwitchListener;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The agent's end of the conversation: connects for as long as it lives, and hands over all that is wanted on each
 * connection and whenever it changes. What changes again before it was sent is sent once. A switch that does not answer in
 * time is taken for lost, and asked again on a new connection.
 *
 * <p>Owns two threads: {@code switch-client} connects, reads and calls the listener; {@code switch-client-out} writes.
 * Shared state is guarded by {@link #lock}, which nobody holds while a socket or a listener is at work.
 */
public final class SwitchClient implements UserspaceSwitch {

    static final Duration FIRST_PAUSE = Duration.ofMillis(10);
    static final Duration LAST_PAUSE = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Path socket;
    private final Duration patience;
    private final Object lock = new Object();
    private final List<Thread> threads = new ArrayList<>();

    private final Requests requests = new Requests();
    private LineChannel current;
    private CompletableFuture<String> endOfCurrent = new CompletableFuture<>();
    private boolean welcomed;
    private String lost = "not connected yet";
    private boolean closed;

    public SwitchClient(Path socket) {
        this(socket, PATIENCE);
    }

    /** @param patience how long an answer may take */
    SwitchClient(Path socket, Duration patience) {
        this.socket = socket;
        this.patience = patience;
    }

    @Override
    public void start(UserspaceSwitchListener listener) {
        threads.add(Thread.ofPlatform().name("switch-client").daemon().start(() -> connectForEver(listener)));
        threads.add(Thread.ofPlatform().name("switch-client-out").daemon().start(this::write));
    }

    @Override
    public CompletableFuture<SwitchState> apply(DesiredSwitch wanted) {
        synchronized (lock) {
            requests.want(wanted);
            return enqueue(requests::apply);
        }
    }

    @Override
    public CompletableFuture<SwitchState> state() {
        synchronized (lock) {
            return enqueue(requests::ask);
        }
    }

    @Override
    public void close() {
        LineChannel last;
        synchronized (lock) {
            closed = true;
            last = current;
            lock.notifyAll();
        }
        if (last != null) {
            last.close();
        }
        threads.forEach(Thread::interrupt);
        forgetConnection("the agent is stopping");
    }

    private CompletableFuture<SwitchState> enqueue(Supplier<CompletableFuture<SwitchState>> request) {
        if (current == null) {
            return CompletableFuture.failedFuture(unreachable(lost));
        }
        CompletableFuture<SwitchState> answer = request.get();
        lock.notifyAll();
        return answer;
    }

    private SwitchException unreachable(String reason) {
        return new SwitchException("the switch is not reachable: " + reason);
    }

    // The thread switch-client

    private void connectForEver(UserspaceSwitchListener listener) {
        String told = null;
        Duration pause = FIRST_PAUSE;
        while (!isClosed()) {
            long begun = System.nanoTime();
            String reason;
            try (LineChannel channel = connect()) {
                reason = converse(channel, listener);
            } catch (IOException e) {
                reason = "connect to " + socket + ": " + e.getMessage();
            }
            boolean wasWelcomed = forgetConnection(reason);
            if (!isClosed() && (wasWelcomed || !reason.equals(told))) {
                listener.onLost(reason);
            }
            told = reason;
            // One that welcomes and falls at once is not asked more often than one that is not there.
            boolean lasted = wasWelcomed && System.nanoTime() - begun > LAST_PAUSE.toNanos();
            pause = lasted ? FIRST_PAUSE : pause;
            sleep(pause);
            pause = min(pause.multipliedBy(2), LAST_PAUSE);
        }
    }

    private LineChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return new LineChannel(channel, SwitchServer.MAX_LINE_BYTES);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** @return why it came to its end */
    private String converse(LineChannel channel, UserspaceSwitchListener listener) {
        CompletableFuture<SwitchState> greeting = new CompletableFuture<>();
        CompletableFuture<String> end = new CompletableFuture<>();
        watch(channel, greeting, end);
        try {
            for (byte[] line = channel.read(); line != null; line = channel.read()) {
                Message message = Codec.message(line);
                if (message instanceof Message.Welcome == greeting.isDone() && !(message instanceof Message.Failure)) {
                    throw new MalformedMessageException("expected one welcome, and that first");
                }
                switch (message) {
                    case Message.Welcome(DesiredSwitch held, SwitchState state) -> {
                        greeting.complete(state);
                        onWelcome(channel, held, state, listener, end);
                    }
                    case Message.State(var answers, SwitchState state) -> {
                        answers.ifPresent(id -> answered(id, state, null));
                        listener.onState(state);
                    }
                    case Message.Failure(var answers, String reason) -> {
                        if (answers.isEmpty()) {
                            return "the switch says: " + reason;
                        }
                        answered(answers.getAsLong(), null, new SwitchException("the switch refuses: " + reason));
                    }
                    case Message.Capturing c -> throw new MalformedMessageException("type: nothing is captured here");
                    case Message.Capture c -> throw new MalformedMessageException("type: 'capture' is the agent's own");
                    case Message.Apply a -> throw new MalformedMessageException("type: 'apply' is the agent's own");
                    case Message.Ask a -> throw new MalformedMessageException("type: 'ask' is the agent's own");
                }
            }
            return end.getNow("the switch at " + socket + " closed the connection");
        } catch (MalformedMessageException e) {
            return "the switch at " + socket + " says what nobody understands: " + e.getMessage();
        } catch (IOException e) {
            return end.getNow("read from " + socket + ": " + e.getMessage());
        } catch (RuntimeException e) {
            return "what the switch at " + socket + " said could not be dealt with: " + e;
        }
    }

    private void onWelcome(LineChannel channel, DesiredSwitch held, SwitchState state, UserspaceSwitchListener listener,
            CompletableFuture<String> end) {
        synchronized (lock) {
            current = channel;
            endOfCurrent = end;
        }
        listener.onConnected(held, state);
        synchronized (lock) {
            welcomed = true;
            requests.applyAnew();
            lock.notifyAll();
        }
    }

    /** Closes the connection where {@code answer} is not there in time. */
    private void watch(LineChannel channel, CompletableFuture<SwitchState> answer, CompletableFuture<String> end) {
        CompletableFuture.delayedExecutor(patience.toNanos(), TimeUnit.NANOSECONDS).execute(() -> {
            if (!answer.isDone()) {
                end.complete("no answer from the switch at " + socket + " in " + patience.toMillis() + " ms");
                channel.close();
            }
        });
    }

    private void answered(long id, SwitchState state, SwitchException refusal) {
        List<CompletableFuture<SwitchState>> asked;
        synchronized (lock) {
            asked = requests.answered(id);
        }
        asked.forEach(answer -> {
            if (refusal == null) {
                answer.complete(state);
            } else {
                answer.completeExceptionally(refusal);
            }
        });
    }

    /** @return whether there was one that the switch had welcomed */
    private boolean forgetConnection(String reason) {
        List<CompletableFuture<SwitchState>> abandoned;
        boolean was;
        synchronized (lock) {
            was = welcomed;
            welcomed = false;
            current = null;
            lost = reason;
            abandoned = requests.abandon();
        }
        abandoned.forEach(answer -> answer.completeExceptionally(unreachable(reason)));
        return was;
    }

    // The thread switch-client-out

    private record Letter(LineChannel channel, Message message) {
    }

    private void write() {
        try {
            for (Letter next = next(); next != null; next = next()) {
                try {
                    next.channel.write(Codec.line(next.message));
                } catch (IOException gone) {
                    next.channel.close(); // which the reader hears of
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is to be sent next; null where there is no more to come. */
    private Letter next() throws InterruptedException {
        synchronized (lock) {
            while (!closed && !(welcomed && requests.areWaiting())) {
                lock.wait();
            }
            if (closed) {
                return null;
            }
            CompletableFuture<SwitchState> answer = new CompletableFuture<>();
            watch(current, answer, endOfCurrent);
            return new Letter(current, requests.next(answer));
        }
    }

    private boolean isClosed() {
        synchronized (lock) {
            return closed;
        }
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static void sleep(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
