package io.tapwright.switchctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchException;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.model.userspace.UserspaceSwitchListener;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SwitchClientTest {

    @TempDir
    Path directory;

    private final ScriptedControl control = new ScriptedControl();
    private final Told told = new Told();
    private Path socket;
    private SwitchClient client;
    private SwitchServer server;

    @BeforeEach
    void setUp() {
        socket = directory.resolve("control.sock");
        client = new SwitchClient(socket);
    }

    @AfterEach
    void tearDown() {
        client.close();
        if (server != null) {
            server.close();
        }
    }

    @Test
    void itSaysThatNobodyIsThereOnceAndFindsTheSwitchWhenItComes() throws Exception {
        client.start(told);
        assertThat(told.next()).startsWith("lost: connect to " + socket);
        assertThatThrownBy(() -> client.apply(Samples.desired(1)).join())
                .hasCauseInstanceOf(SwitchException.class).hasMessageContaining("the switch is not reachable: connect to");
        Thread.sleep(100);
        assertThat(told.all).isEmpty();
        listen();
        String line = told.next();
        // A socket is there before anybody listens at it.
        while (line.startsWith("lost: connect to " + socket) && line.endsWith("Connection refused")) {
            line = told.next();
        }
        assertThat(line).isEqualTo("connected, holds 0 networks");
        await(() -> control.applied.equals(List.of(Samples.desired(1))));
    }

    @Test
    void anAnswerTellsThatItIsDone() throws Exception {
        connect();
        assertThat(client.apply(Samples.desired(2)).get()).isEqualTo(Samples.STATE);
        assertThat(control.applied).containsExactly(Samples.desired(2));
        control.state = new SwitchState(2, Instant.EPOCH, List.of(), List.of());
        assertThat(client.state().get()).isEqualTo(control.state);
    }

    @Test
    void whatChangesFasterThanTheSwitchTakesItIsSentOnce() throws Exception {
        connect();
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        control.onApply = desired -> {
            busy.countDown();
            awaitLatch(go);
        };
        CompletableFuture<SwitchState> first = client.apply(Samples.desired(1));
        awaitLatch(busy);
        CompletableFuture<SwitchState> second = client.apply(Samples.desired(2));
        for (int i = 3; i < 100; i++) {
            client.apply(Samples.desired(i));
        }
        CompletableFuture<SwitchState> last = client.apply(Samples.desired(100));
        go.countDown();
        first.get();
        second.get();
        last.get();
        assertThat(control.applied.size()).isLessThan(100);
        assertThat(control.applied.getLast()).isEqualTo(Samples.desired(100));
    }

    @Test
    void aNewSwitchGetsEverythingAgainAndWhoWaitedForTheOldOneIsTold() throws Exception {
        connect();
        client.apply(Samples.desired(3)).get();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        control.onApply = desired -> {
            asked.countDown();
            awaitLatch(never);
        };
        CompletableFuture<SwitchState> lost = client.apply(Samples.desired(4));
        awaitLatch(asked);
        server.close();
        assertThatThrownBy(lost::get).hasMessageContaining("not reachable: the switch at " + socket + " closed");
        assertThat(told.nextButStates()).startsWith("lost: the switch at");
        ScriptedControl successor = new ScriptedControl();
        server = SwitchServer.open(socket, successor);
        assertThat(told.nextConnected()).isEqualTo("connected, holds 0 networks");
        await(() -> successor.applied.equals(List.of(Samples.desired(4))));
        never.countDown();
    }

    @Test
    void itIsBackWithinMillisecondsAfterAConnectionThatLasted() throws Exception {
        connect();
        Duration best = Duration.ofDays(1);
        for (int attempt = 0; attempt < 5 && best.compareTo(SwitchClient.FIRST_PAUSE.multipliedBy(5)) > 0; attempt++) {
            Thread.sleep(SwitchClient.LAST_PAUSE.toMillis() + 100);
            server.close();
            long begun = System.nanoTime();
            listen();
            told.nextConnected();
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            best = took.compareTo(best) < 0 ? took : best;
        }
        assertThat(best).isLessThan(SwitchClient.FIRST_PAUSE.multipliedBy(5));
    }

    @Test
    void whatTheListenerAppliesOnConnectionIsTheFirstThatTheSwitchHears() throws Exception {
        listen();
        control.onApply = desired -> { };
        client.apply(DesiredSwitch.EMPTY).exceptionally(notConnected -> null);
        told.onConnection = held -> client.apply(Samples.desired(5));
        client.start(told);
        await(() -> !control.applied.isEmpty());
        assertThat(control.applied.getFirst()).isEqualTo(Samples.desired(5));
    }

    @Test
    void itKnowsWhatTheSwitchHoldsAndAsksNothingOfItBeforeItIsToldTo() throws Exception {
        connect();
        client.apply(Samples.desired(1)).get();
        client.close();
        client = new SwitchClient(socket);
        Told successor = new Told();
        client.start(successor);
        assertThat(successor.nextConnected()).isEqualTo("connected, holds 2 networks");
        Thread.sleep(50);
        assertThat(control.applied).hasSize(1);
    }

    @Test
    void aRefusalIsAnAnswer() throws Exception {
        connect();
        control.onApply = desired -> {
            throw new IllegalArgumentException("no");
        };
        assertThatThrownBy(() -> client.apply(Samples.desired(1)).get())
                .hasCauseInstanceOf(SwitchException.class).hasMessageContaining("the switch refuses: no");
        assertThat(client.state().get()).isEqualTo(Samples.STATE);
    }

    @Test
    void changesAreTold() throws Exception {
        connect();
        control.state = new SwitchState(99, Instant.EPOCH, List.of(), List.of());
        server.stateChanged();
        assertThat(told.next()).isEqualTo("state of 99");
    }

    @Test
    void aSwitchThatDoesNotAnswerIsTakenForLost() throws Exception {
        client = new SwitchClient(socket, Duration.ofMillis(300));
        connect();
        CountDownLatch never = new CountDownLatch(1);
        control.onApply = desired -> awaitLatch(never);
        assertThatThrownBy(() -> client.apply(Samples.desired(1)).get()).hasMessageContaining("no answer from the switch");
        assertThat(told.nextButStates()).startsWith("lost: no answer from the switch at " + socket + " in 300 ms");
        never.countDown();
    }

    @Test
    void oneThatDoesNotEvenWelcomeToo() throws Exception {
        try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            silent.bind(UnixDomainSocketAddress.of(socket));
            client = new SwitchClient(socket, Duration.ofMillis(300));
            client.start(told);
            assertThat(told.next()).startsWith("lost: no answer from the switch");
        }
    }

    @Test
    void nonsenseEndsTheConnectionWithAWord() throws Exception {
        for (String nonsense : List.of("HTTP/1.1 400 Bad Request", "{\"type\":\"ask\",\"id\":1}", "{\"type\":\"error\",\"reason\":\"full\"}")) {
            try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                Files.deleteIfExists(socket);
                other.bind(UnixDomainSocketAddress.of(socket));
                try (SwitchClient one = new SwitchClient(socket)) {
                    Told here = new Told();
                    one.start(here);
                    try (SocketChannel accepted = other.accept()) {
                        new LineChannel(accepted, 1000).write(nonsense.getBytes());
                        assertThat(here.next()).matches("lost: .*(nobody understands|the switch says: full).*");
                    }
                }
            }
        }
    }

    @Test
    void nothingIsLeftOfAClosedOne() throws Exception {
        connect();
        client.close();
        await(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().startsWith("switch-client")));
    }

    private void connect() throws Exception {
        listen();
        client.start(told);
        assertThat(told.nextConnected()).isNotNull();
    }

    private void listen() throws IOException {
        server = SwitchServer.open(socket, control);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(5);
        }
    }

    /** What a listener was told, a line each. */
    private static final class Told implements UserspaceSwitchListener {

        final BlockingQueue<String> all = new LinkedBlockingQueue<>();
        volatile Consumer<DesiredSwitch> onConnection = held -> { };

        @Override
        public void onConnected(DesiredSwitch held, SwitchState state) {
            onConnection.accept(held);
            all.add("connected, holds " + held.networks().size() + " networks");
        }

        @Override
        public void onState(SwitchState state) {
            all.add("state of " + state.pid());
        }

        @Override
        public void onLost(String reason) {
            all.add("lost: " + reason);
        }

        String next() throws InterruptedException {
            return all.take();
        }

        String nextButStates() throws InterruptedException {
            for (String line = next(); ; line = next()) {
                if (!line.startsWith("state")) {
                    return line;
                }
            }
        }

        String nextConnected() throws InterruptedException {
            for (String line = next(); ; line = next()) {
                if (line.startsWith("connected")) {
                    return line;
                }
            }
        }
    }
}
