package io.tapwright.agent.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSink;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.capture.Direction;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NicState;
import io.tapwright.model.status.NicStatus;
import io.tapwright.model.status.Snapshot;
import io.tapwright.testkit.capture.PcapngFile;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Captures over HTTP, of NICs whose frames a script gives. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CapturesTest {

    private static final String MAC = "52:54:00:00:00:01";
    private static final Duration SOON = Duration.ofSeconds(20);

    private static Vertx vertx;
    private final AtomicInteger open = new AtomicInteger();
    private final Queue<String> logged = new ConcurrentLinkedQueue<>();
    private final List<NicStatus> nics = new ArrayList<>();
    private final Script script = new Script();
    private volatile RuntimeException failure;
    private volatile boolean allowed = true;
    private volatile Captures captures;
    private HttpServer server;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Gives what it is told to, or frames without end. */
    private final class Script implements CaptureSource {

        final BlockingQueue<byte[]> frames = new LinkedBlockingQueue<>();
        final AtomicLong given = new AtomicLong();
        volatile boolean endless;
        volatile String end;

        @Override
        public boolean read(CaptureSink sink, Duration patience) {
            try {
                byte[] next = endless ? new byte[1500] : frames.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
                if (next == null) {
                    if (end != null) {
                        throw new CaptureException(end);
                    }
                    return false;
                }
                long number = given.incrementAndGet();
                sink.frame(endless ? Instant.now().toEpochMilli() * 1_000_000 : number, number % 2 == 0 ? Direction.TO_VM : Direction.FROM_VM, next.length, ByteBuffer.wrap(next));
                return true;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public long frames() {
            return given.get() + 3;
        }

        @Override
        public long drops() {
            return 3;
        }

        @Override
        public void close() {
            open.decrementAndGet();
        }
    }

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void end() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @BeforeEach
    void listen() {
        nics.add(nic("web", "u1", MAC, NicState.WIRED));
        captures = captures(Captures.LAST_PATIENCE);
        Router router = Router.router(vertx);
        router.get("/api/v1/nics/:mac/capture").handler(context -> captures.handle(context));
        server = vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
    }

    private Captures captures(Duration lastPatience) {
        return new Captures("tapwright test", this::snapshot, (nic, snapLength) -> {
            if (failure != null) {
                throw failure;
            }
            open.incrementAndGet();
            return script;
        }, request -> {
            if (!allowed) {
                throw new RefusedException(403, "only root");
            }
        }, logged::add, lastPatience);
    }

    @AfterEach
    void close() {
        captures.close();
        await(() -> open.get() == 0 && captures.running() == 0);
        server.close().toCompletionStage().toCompletableFuture().join();
        client.close();
    }

    private static NicStatus nic(String domain, String uuid, String mac, NicState state) {
        return new NicStatus(domain, uuid, mac, "tap0", "default", "br0", "ethernet", state, null, Instant.EPOCH);
    }

    private Snapshot snapshot() {
        return new Snapshot("1", false, new LibvirtStatus("test:///default", "connected", null, Instant.EPOCH), List.of(),
                nics.stream().map(nic -> new DomainStatus(nic.uuid(), nic.domain(), "running", true, List.of(nic))).toList());
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + SOON.toNanos();
        boolean met = condition.getAsBoolean();
        while (!met && System.nanoTime() < end) {
            Thread.onSpinWait();
            met = condition.getAsBoolean();
        }
        assertThat(met).isTrue();
    }

    private HttpRequest request(String query) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + "/api/v1/nics/" + query)).build();
    }

    private HttpResponse<byte[]> get(String query) throws IOException, InterruptedException {
        return client.send(request(query), HttpResponse.BodyHandlers.ofByteArray());
    }

    private void assertRefused(String query, int status, String reason) throws Exception {
        HttpResponse<byte[]> response = get(query);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(new String(response.body(), StandardCharsets.UTF_8)).contains(reason);
    }

    /** A reader that has asked, and reads when the test does. */
    private Socket asked(String query) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 * 1024);
        socket.connect(new InetSocketAddress("127.0.0.1", server.actualPort()));
        socket.getOutputStream().write(("GET /api/v1/nics/" + query + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Test
    void framesComeAsPcapngUntilThereAreEnough() throws Exception {
        for (int i = 0; i < 10; i++) {
            script.frames.add(new byte[60 + i]);
        }
        HttpResponse<byte[]> response = get(MAC + "/capture?packets=7&snaplen=1000");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/x-pcapng");
        assertThat(response.headers().firstValue("transfer-encoding")).hasValue("chunked");
        PcapngFile file = PcapngFile.parse(response.body());
        assertThat(file.name()).isEqualTo("tap0");
        assertThat(file.description()).isEqualTo("web NIC " + MAC);
        assertThat(file.snapLength()).isEqualTo(1000);
        assertThat(file.packets()).hasSize(7);
        assertThat(file.packets()).extracting(PcapngFile.Packet::length).containsExactly(60, 61, 62, 63, 64, 65, 66);
        assertThat(file.packets()).extracting(PcapngFile.Packet::inbound).startsWith(false, true, false);
        assertThat(file.statistics().getLast()).isEqualTo(new PcapngFile.Statistics(10, 3, "as many frames as were asked for"));
        await(() -> logged.size() == 2);
        assertThat(logged).last().asString().contains("capture of NIC " + MAC + " of domain web is over").contains("7 frames written");
    }

    @Test
    void framesAreThereAtOnce() throws Exception {
        HttpResponse<InputStream> response = client.send(request(MAC + "/capture"), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            body.readNBytes(8);
            for (int i = 0; i < 5; i++) {
                while (body.available() > 0) {
                    body.readNBytes(body.available());
                }
                script.frames.add(new byte[60]);
                assertThat(body.read()).isNotNegative();
            }
        }
        await(() -> open.get() == 0);
    }

    @Test
    void itEndsWithTheTimeAndWithTheNic() throws Exception {
        assertThat(PcapngFile.parse(get(MAC + "/capture?seconds=1").body()).statistics().getLast().comment())
                .isEqualTo("as long as was asked for");
        script.end = "tap tap0 is gone";
        assertThat(PcapngFile.parse(get(MAC + "/capture").body()).statistics().getLast().comment()).isEqualTo("tap tap0 is gone");
    }

    @Test
    void whoIsNotKnownOrNotClearIsRefusedWithTheReason() throws Exception {
        assertRefused("52:54:00:00:00:99/capture", 404, "no domain has a NIC with the MAC address 52:54:00:00:00:99");
        assertRefused("nonsense/capture", 400, "MAC address 'nonsense'");
        assertRefused(MAC + "/capture?seconds=4000", 400, "seconds: '4000', expected a number from 1 to 3600");
        assertRefused(MAC + "/capture?snaplen=x", 400, "snaplen: 'x', expected a number from 1 to 262144");
        assertRefused(MAC + "/capture?packets=0", 400, "packets: '0', expected a number from 1 on");
        assertRefused(MAC + "/capture?domain=db", 404, "no domain 'db' has a NIC");
        nics.add(nic("clone", "u2", MAC, NicState.WIRED));
        assertRefused(MAC + "/capture", 409, "web (u1), clone (u2): add ?domain=");
        script.end = "over";
        assertThat(PcapngFile.parse(get(MAC + "/capture?domain=clone").body()).description()).isEqualTo("clone NIC " + MAC);
        assertThat(PcapngFile.parse(get(MAC + "/capture?domain=u1").body()).description()).isEqualTo("web NIC " + MAC);
        nics.set(0, nic("web", "u1", MAC, NicState.READY));
        assertThat(PcapngFile.parse(get(MAC + "/capture").body()).description()).as("the one that is wired").isEqualTo("clone NIC " + MAC);
        failure = new CaptureException("capture tap tap0: EPERM");
        assertRefused(MAC + "/capture", 503, "capture tap tap0: EPERM");
        failure = new IllegalStateException("a fault of ours");
        assertRefused(MAC + "/capture", 500, "a fault of ours");
        failure = null;
        allowed = false;
        assertRefused(MAC + "/capture", 403, "only root");
    }

    @Test
    void thereAreAFewAtOnceAndNoMore() throws Exception {
        List<Socket> readers = new ArrayList<>();
        for (int i = 0; i < Captures.MOST; i++) {
            readers.add(asked(MAC + "/capture"));
        }
        await(() -> captures.running() == Captures.MOST);
        assertRefused(MAC + "/capture", 429, "4 captures run already");
        readers.removeFirst().close();
        await(() -> captures.running() == Captures.MOST - 1);
        script.end = "over";
        await(() -> {
            try {
                return get(MAC + "/capture").statusCode() == 200;
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        for (Socket reader : readers) {
            reader.close();
        }
    }

    @Test
    void aReaderThatReadsNothingHoldsLittleAndNotForLong() throws Exception {
        script.endless = true;
        try (Socket reader = asked(MAC + "/capture?seconds=10")) {
            await(() -> script.given.get() > 100);
            long before = -1;
            while (before != script.given.get()) {
                before = script.given.get();
                Thread.sleep(500);
            }
            assertThat(open).as("it stands still before its time is over").hasValue(1);
            assertThat(before).as("frames of 1500 bytes").isLessThan(8000);
            await(() -> open.get() == 0);
            assertThat(reader.isConnected()).isTrue();
        }
        assertThat(logged).last().asString().contains("as long as was asked for");
    }

    @Test
    void aReaderThatGoesAwayEndsItWithAndWithoutFrames() throws Exception {
        for (boolean endless : new boolean[] {false, true}) {
            script.endless = endless;
            Socket reader = asked(MAC + "/capture");
            await(() -> captures.running() == 1);
            reader.getInputStream().readNBytes(100);
            reader.close();
            await(() -> open.get() == 0);
            await(() -> logged.stream().filter(line -> line.contains("the reader is gone")).count() == (endless ? 2 : 1));
        }
    }

    @Test
    void anAgentThatStopsHasToldItsReadersBeforeItGoesOn() throws Exception {
        captures = captures(SOON);
        HttpResponse<InputStream> reader = client.send(request(MAC + "/capture"), HttpResponse.BodyHandlers.ofInputStream());
        await(() -> captures.running() == 1);
        captures.close();
        assertThat(open).hasValue(0);
        server.close();
        assertThat(PcapngFile.parse(reader.body().readAllBytes()).statistics().getLast().comment()).isEqualTo("the agent is stopping");
    }

    @Test
    void anAgentThatStopsWaitsForNoReaderThatReadsNothingAndBeginsNoCapture() throws Exception {
        script.endless = true;
        try (Socket reader = asked(MAC + "/capture")) {
            await(() -> script.given.get() > 100);
            Thread.sleep(500);
            long begun = System.nanoTime();
            captures.close();
            assertThat(System.nanoTime() - begun).isLessThan(Duration.ofSeconds(10).toNanos());
            assertThat(reader.isConnected()).isTrue();
            assertRefused(MAC + "/capture", 503, "the agent is stopping");
        }
    }
}
