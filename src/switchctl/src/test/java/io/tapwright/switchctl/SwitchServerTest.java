package io.tapwright.switchctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SwitchServerTest {

    @TempDir
    Path directory;

    private final ScriptedControl control = new ScriptedControl();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Path socket;
    private SwitchServer server;

    @BeforeEach
    void listen() throws IOException {
        socket = directory.resolve("control.sock");
        server = SwitchServer.open(socket, control);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
        server.close();
    }

    @Test
    void itWelcomesWithWhatItHoldsAndHowThatStands() throws IOException {
        assertThat(connect().read()).isEqualTo(new Message.Welcome(DesiredSwitch.EMPTY, Samples.STATE));
        Peer agent = connectWelcomed();
        agent.send(new Message.Apply(1, Samples.desired(2)));
        assertThat(agent.readAnswer()).isEqualTo(new Message.State(OptionalLong.of(1), Samples.STATE));
        assertThat(connect().read()).isEqualTo(new Message.Welcome(Samples.desired(2), Samples.STATE));
    }

    @Test
    void theNewestWishWins() throws IOException {
        Peer old = connectWelcomed();
        Peer successor = connectWelcomed();
        old.send(new Message.Apply(1, Samples.desired(1)));
        old.readAnswer();
        successor.send(new Message.Apply(1, Samples.desired(2)));
        successor.readAnswer();
        assertThat(control.applied).containsExactly(Samples.desired(1), Samples.desired(2));
        assertThat(((Message.Welcome) connect().read()).held()).isEqualTo(Samples.desired(2));
    }

    @Test
    void aSwitchThatRefusesSaysWhyAndHoldsWhatItHeld() throws IOException {
        Peer agent = connectWelcomed();
        control.onApply = desired -> {
            throw new IllegalStateException("too many\nports");
        };
        agent.send(new Message.Apply(7, Samples.desired(1)));
        assertThat(agent.read()).isEqualTo(new Message.Failure(OptionalLong.of(7), "too many ports"));
        assertThat(((Message.Welcome) connect().read()).held()).isEqualTo(DesiredSwitch.EMPTY);
    }

    @Test
    void garbageGetsOneClearLineAndTheConnectionGoesOn() throws IOException {
        Peer agent = connectWelcomed();
        agent.sendText("GET / HTTP/1.1\n\n");
        assertThat(((Message.Failure) agent.read()).reason()).startsWith("no JSON object in one line");
        assertThat(((Message.Failure) agent.read()).reason()).startsWith("no JSON object in one line");
        agent.sendText("{\"type\":\"apply\",\"id\":9,\"desired\":{}}\n");
        assertThat(agent.read()).isEqualTo(new Message.Failure(OptionalLong.of(9), "desired.networks: expected a list of objects"));
        agent.sendText("{\"type\":\"state\",\"state\":{\"pid\":1,\"startedAt\":\"2026-01-01T00:00:00Z\",\"ports\":[]}}\n");
        assertThat(((Message.Failure) agent.read()).reason()).contains("expected apply, ask or capture");
        agent.send(new Message.Ask(10));
        assertThat(agent.read()).isEqualTo(new Message.State(OptionalLong.of(10), Samples.STATE));
        assertThat(control.applied).isEmpty();
    }

    @Test
    void aLineMayComeInPieces() throws Exception {
        Peer agent = connectWelcomed();
        for (byte b : Codec.line(new Message.Ask(1))) {
            agent.sendBytes(new byte[] {b});
        }
        Thread.sleep(20);
        agent.sendText("\n{\"type\":\"as");
        assertThat(agent.read()).isEqualTo(new Message.State(OptionalLong.of(1), Samples.STATE));
        agent.sendText("k\",\"id\":2}\n");
        assertThat(agent.read()).isEqualTo(new Message.State(OptionalLong.of(2), Samples.STATE));
    }

    @Test
    void halfALineAtTheEndIsNoWish() throws IOException {
        Peer agent = connectWelcomed();
        byte[] apply = Codec.line(new Message.Apply(1, Samples.desired(1)));
        agent.sendBytes(apply);
        agent.channel.shutdownOutput();
        assertThat(agent.lines.read()).isNull();
        assertThat(control.applied).isEmpty();
    }

    @Test
    void whoSaysNoMoreStillGetsHisAnswers() throws IOException {
        Peer agent = connectWelcomed();
        agent.send(new Message.Ask(1));
        agent.channel.shutdownOutput();
        assertThat(agent.read()).isEqualTo(new Message.State(OptionalLong.of(1), Samples.STATE));
        assertThat(agent.lines.read()).isNull();
    }

    @Test
    void aLineWithoutEndIsCutOff() throws Exception {
        Peer agent = connectWelcomed();
        byte[] chunk = new byte[64 * 1024];
        Arrays.fill(chunk, (byte) 'x');
        Thread flood = Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    agent.sendBytes(chunk);
                }
            } catch (IOException closed) {
                // As it should.
            }
        });
        assertThat(((Message.Failure) agent.read()).reason()).contains("more than 4194304 bytes, closing");
        flood.join();
    }

    @Test
    void whoDoesNotReadDelaysOnlyItself() throws Exception {
        Peer deaf = connectWelcomed();
        Peer agent = connectWelcomed();
        Thread shouting = Thread.ofPlatform().daemon().start(() -> {
            try {
                for (int i = 0; ; i++) {
                    deaf.send(new Message.Ask(i));
                }
            } catch (IOException closed) {
                // By the test's end.
            }
        });
        for (int i = 0; i < 2000; i++) {
            server.stateChanged();
        }
        for (int i = 1; i <= 100; i++) {
            agent.send(new Message.Ask(i));
            assertThat(agent.readAnswer()).isEqualTo(new Message.State(OptionalLong.of(i), Samples.STATE));
        }
        deaf.close();
        shouting.join();
    }

    @Test
    void manyChangesAreToldAsOneStateAndTheLastIsNotMissed() throws Exception {
        Peer agent = connectWelcomed();
        for (int i = 1; i <= 1000; i++) {
            control.state = new SwitchState(i, Instant.EPOCH, List.of(), List.of());
            server.stateChanged();
        }
        int states = 0;
        long last = 0;
        while (last < 1000) {
            last = ((Message.State) agent.read()).state().pid();
            states++;
        }
        assertThat(states).isLessThan(500);
    }

    @Test
    void tooManyConnectionsAreRefusedWithAWord() throws IOException {
        for (int i = 0; i < SwitchServer.MAX_CONNECTIONS; i++) {
            connectWelcomed();
        }
        assertThat(((Message.Failure) connect().read()).reason()).contains("more than 16 connections");
    }

    @Test
    void aSocketThatADeadSwitchLeftIsReplacedAndALiveOneIsNot() throws IOException {
        assertThatThrownBy(() -> SwitchServer.open(socket, control)).hasMessageContaining("another switch is listening");
        Path left = directory.resolve("left.sock");
        try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(left));
        }
        SwitchServer.open(left, control).close();
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> SwitchServer.open(file, control)).hasMessageContaining("is no socket");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket))).isEqualTo("rw-rw-rw-");
    }

    @Test
    void itsSocketGoesWithItButNotTheOneThatASuccessorMade() throws IOException {
        Files.delete(socket);
        SwitchServer successor = SwitchServer.open(socket, control);
        server.close();
        assertThat(connect().read()).isEqualTo(new Message.Welcome(DesiredSwitch.EMPTY, Samples.STATE));
        successor.close();
        assertThat(socket).doesNotExist();
        successor.close();
    }

    private Peer connectWelcomed() throws IOException {
        Peer peer = connect();
        peer.read();
        return peer;
    }

    private Peer connect() throws IOException {
        Peer peer = new Peer(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
        open.add(peer);
        return peer;
    }

    /** An agent by hand. */
    private static final class Peer implements AutoCloseable {

        final SocketChannel channel;
        final LineChannel lines;

        Peer(SocketChannel channel) {
            this.channel = channel;
            this.lines = new LineChannel(channel, SwitchServer.MAX_LINE_BYTES);
        }

        void send(Message message) throws IOException {
            lines.write(Codec.line(message));
        }

        void sendText(String text) throws IOException {
            sendBytes(text.getBytes(StandardCharsets.UTF_8));
        }

        void sendBytes(byte[] bytes) throws IOException {
            ByteBuffer out = ByteBuffer.wrap(bytes);
            while (out.hasRemaining()) {
                channel.write(out);
            }
        }

        Message read() throws IOException {
            return Codec.message(lines.read());
        }

        /** The next that answers a request. */
        Message readAnswer() throws IOException {
            while (true) {
                Message message = read();
                if (!(message instanceof Message.State state) || state.answers().isPresent()) {
                    return message;
                }
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
