package io.tapwright.agent.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Paths as the agent has them, the metrics' before all others. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostGuardTest {

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get();
    }

    @ParameterizedTest
    @CsvSource({"/api/v1/status", "/eventbus/info", "/q/metrics", "/q/health/ready"})
    void whoNamesAnotherHostThanLoopbackIsRefused(String path) throws Exception {
        int port = serve("127.0.0.1");
        assertThat(ask(port, path, "evil.example")).contains("403").contains("host evil.example is none of ");
        assertThat(ask(port, path, "evil.example:" + port)).contains("403");
        for (String host : new String[] {"127.0.0.1", "127.0.0.1:9470", "localhost:" + port, "[::1]:9470"}) {
            assertThat(ask(port, path, host)).as(host).contains("200").contains("secret");
        }
    }

    @ParameterizedTest
    @CsvSource({"/api/v1/status", "/q/metrics"})
    void anyNameWillDoWhereTheAgentListensElsewhereToo(String path) throws Exception {
        assertThat(ask(serve("0.0.0.0"), path, "host7.example:9470")).contains("200").contains("secret");
    }

    private int serve(String boundTo) throws Exception {
        Router router = Router.router(vertx);
        router.get("/q/metrics").order(-1).blockingHandler(c -> c.end("secret"), false);
        new HostGuard(boundTo).mount(router);
        router.get().handler(c -> c.end("secret"));
        HttpServer server = vertx.createHttpServer().requestHandler(router);
        return server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get().actualPort();
    }

    /** By hand, since HttpClient names its hosts itself. */
    private static String ask(int port, String path, String host) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
