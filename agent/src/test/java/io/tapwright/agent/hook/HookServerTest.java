package io.tapwright.agent.hook;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.control.ControlListener;
import io.tapwright.control.ControlPlane;
import io.tapwright.control.ControlSettings;
import io.tapwright.model.host.TapOwner;
import io.tapwright.model.network.NetworkCatalog;
import io.tapwright.model.plan.BridgePolicy;
import io.tapwright.model.plan.TapPolicy;
import io.tapwright.testkit.libvirt.FakeHypervisor;
import io.tapwright.testkit.net.FakeHostNetwork;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The hook's socket when the agent stops; a control plane that has not been started answers nothing. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HookServerTest {

    private static final String XML = """
            <domain type='kvm'><name>web</name><uuid>5f8f1de0-0000-4000-8000-000000000001</uuid><devices><interface type='ethernet'>
            <mac address='52:54:00:00:00:01'/><target dev='web0' managed='no'/></interface></devices></domain>
            """;

    @TempDir
    Path directory;

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    private final ControlPlane control = new ControlPlane(new ControlSettings(new NetworkCatalog(Map.of(), List.of()),
            new TapPolicy("main", new TapOwner(1, 1)), new BridgePolicy("main", "host"), false, Duration.ofSeconds(60),
            Duration.ofSeconds(60), Duration.ofSeconds(30), 1), new FakeHostNetwork(), new FakeHypervisor(System::nanoTime),
            new ControlListener() { }, InstantSource.system());
    private HookServer hook;

    private void listen(Duration lastPatience) throws IOException {
        hook = new HookServer(vertx, control, directory.resolve("hook.sock"), Duration.ofSeconds(20), (operation, status, took) -> { },
                lastPatience);
        hook.start();
    }

    @AfterEach
    void end() {
        control.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** All that the connection brings, until it is closed. */
    private CompletableFuture<String> askAndWait() throws InterruptedException {
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
            try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.connect(UnixDomainSocketAddress.of(directory.resolve("hook.sock")));
                channel.write(ByteBuffer.wrap(("POST /v1/qemu?operation=prepare&domain=web HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n%s"
                        .formatted(XML.length(), XML)).getBytes(StandardCharsets.UTF_8)));
                return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }, task -> Thread.ofVirtual().start(task));
        while (hook.unanswered() == 0) {
            Thread.sleep(5);
        }
        return answer;
    }

    private Duration close() {
        long begun = System.nanoTime();
        hook.close();
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    @Test
    void closesAtOnceWhereNobodyWaits() throws IOException {
        listen(Duration.ofSeconds(20));
        assertThat(close()).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void whoIsAnsweredInAMomentIsAnsweredAsEver() throws Exception {
        listen(Duration.ofSeconds(20));
        CompletableFuture<String> answer = askAndWait();
        CompletableFuture.runAsync(control::start, CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS));
        assertThat(close()).isLessThan(Duration.ofSeconds(10));
        assertThat(answer.join()).startsWith("HTTP/1.1 409").contains("web0");
    }

    @Test
    void whoIsNotIsToldWhy() throws Exception {
        listen(Duration.ofMillis(50));
        CompletableFuture<String> answer = askAndWait();
        assertThat(close()).isLessThan(Duration.ofSeconds(10));
        assertThat(answer.join()).startsWith("HTTP/1.1 503").endsWith("domain 'web': the agent is stopping\n");
    }
}
