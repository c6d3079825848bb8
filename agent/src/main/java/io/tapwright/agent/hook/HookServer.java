package io.tapwright.agent.hook;

import io.tapwright.control.ControlPlane;
import io.tapwright.control.HookAnswer;
import io.tapwright.libvirt.xml.DomainXml;
import io.tapwright.libvirt.xml.DomainXmlException;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Answers {@code POST /v1/qemu?operation=…&domain=…} with the domain's XML as body, as libvirt gives it to
 * {@code /etc/libvirt/hooks/qemu} (libvirt: docs/hooks.rst), and {@code POST /v1/plug?domain=…} with an
 * {@code <interface>}.
 *
 * <p>Only {@code prepare} and {@code plug} wait for the kernel; everything else is acknowledged at once. Nothing here
 * ever calls libvirt: it holds the domain's lock while the hook runs.
 *
 * <p>204 done, 202 noted, 400 unusable input, 409 a NIC can't be wired, 413 too large, 503 not in time. A body says why
 * in one line.
 */
public final class HookServer implements AutoCloseable {

    /** Far above any real domain's XML. */
    private static final int MOST_BYTES = 1 << 20;

    /** Of all requests that are being read at once; one too many is told to come again. */
    private static final long MOST_BYTES_HELD = 16L << 20;

    /** What is too large is read to its end, so that the client gets its answer, but not for ever. */
    private static final long MOST_BYTES_READ = 64L << 20;

    /** Together far less than the time in which systemd wants an end, and long enough for any answer but a refusal. */
    private static final Duration LAST_PATIENCE = Duration.ofMillis(400);
    private static final Duration PARTING = Duration.ofMillis(200);

    private final Vertx vertx;
    private final ControlPlane control;
    private final Path socket;
    private final Duration deadline;
    private final HookMeter meter;
    private final Duration lastPatience;
    private final AtomicLong bytesHeld = new AtomicLong();
    /** The requests that have no answer yet, and this server until it is closed. */
    private final Phaser unanswered = new Phaser(1);
    private final CompletableFuture<HookAnswer> stopping = new CompletableFuture<>();
    private HttpServer server;

    /** Counts what the hook is asked. */
    public interface HookMeter {
        void answered(String operation, int status, Duration took);
    }

    public HookServer(Vertx vertx, ControlPlane control, Path socket, Duration deadline, HookMeter meter) {
        this(vertx, control, socket, deadline, meter, LAST_PATIENCE);
    }

    HookServer(Vertx vertx, ControlPlane control, Path socket, Duration deadline, HookMeter meter, Duration lastPatience) {
        this.vertx = vertx;
        this.control = control;
        this.socket = socket;
        this.deadline = deadline;
        this.meter = meter;
        this.lastPatience = lastPatience;
    }

    /** Listens; blocks until it does. */
    public void start() throws IOException {
        claimSocketPath();
        HttpServerOptions options = new HttpServerOptions().setIdleTimeout(10).setMaxInitialLineLength(16 * 1024);
        server = vertx.createHttpServer(options).requestHandler(this::receive);
        Future<HttpServer> listening = server.listen(SocketAddress.domainSocketAddress(socket.toString()));
        try {
            listening.toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IOException("listen on hook socket " + socket + ": " + e.getMessage(), e);
        }
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    }

    /** Requests in flight are answered: as ever where that takes no longer than a moment, else with 503. */
    @Override
    public void close() {
        if (server == null) {
            return;
        }
        int phase = unanswered.arrive();
        if (!answered(phase, lastPatience)) {
            stopping.completeExceptionally(new CancellationException());
            answered(phase, PARTING);
        }
        server.close();
    }

    private boolean answered(int phase, Duration patience) {
        try {
            unanswered.awaitAdvanceInterruptibly(phase, patience.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    int unanswered() {
        return unanswered.getUnarrivedParties() - 1;
    }

    /** Makes the directory where it is missing, and removes a socket that a dead agent left. */
    private void claimSocketPath() throws IOException {
        Path directory = socket.getParent();
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        }
        if (!Files.exists(socket)) {
            return;
        }
        if (!Files.readAttributes(socket, BasicFileAttributes.class).isOther()) {
            throw new IOException("listen on hook socket " + socket + " (tapwright.hook.socket): a file of that name exists"
                    + " and is no socket; name another path");
        }
        try {
            SocketChannel.open(UnixDomainSocketAddress.of(socket)).close();
        } catch (SocketException nobodyListens) {
            Files.delete(socket);
            return;
        }
        throw new IOException("listen on hook socket " + socket + ": another agent is listening there");
    }

    private void receive(HttpServerRequest request) {
        long begun = System.nanoTime();
        Buffer body = Buffer.buffer();
        boolean[] full = {false};
        request.handler(chunk -> {
            if (request.bytesRead() > MOST_BYTES_READ) {
                request.connection().close();
            } else if (request.bytesRead() <= MOST_BYTES && !full[0]) {
                full[0] = bytesHeld.get() + chunk.length() > MOST_BYTES_HELD;
                if (!full[0]) {
                    bytesHeld.addAndGet(chunk.length());
                    body.appendBuffer(chunk);
                }
            }
        });
        unanswered.register();
        request.response().endHandler(sent -> {
            bytesHeld.addAndGet(-body.length());
            unanswered.arriveAndDeregister();
        });
        request.endHandler(end -> {
            if (request.bytesRead() > MOST_BYTES) {
                answer(request, begun, 413, "the domain's XML has more than " + MOST_BYTES + " bytes");
            } else if (full[0]) {
                answer(request, begun, 503, "too many requests at once, more than " + MOST_BYTES_HELD + " bytes");
            } else {
                dispatch(request, body.getBytes(), begun);
            }
        });
    }

    private void dispatch(HttpServerRequest request, byte[] body, long begun) {
        String domain = request.getParam("domain");
        if (request.method() != HttpMethod.POST || domain == null) {
            answer(request, begun, 400, "expected POST /v1/qemu?operation=…&domain=… or POST /v1/plug?domain=…");
            return;
        }
        switch (request.path()) {
            case "/v1/qemu" -> parse(request, begun, () -> DomainXml.parseDomain(body), spec -> onOperation(request, spec, begun));
            case "/v1/plug" -> parse(request, begun, () -> DomainXml.parseInterface(body), nic -> onPlug(request, domain, nic, begun));
            default -> answer(request, begun, 404, "no such path " + request.path() + ", expected /v1/qemu or /v1/plug");
        }
    }

    private <T> void parse(HttpServerRequest request, long begun, Callable<T> parse,
            Consumer<T> then) {
        vertx.executeBlocking(parse, false)
                .onSuccess(then::accept)
                .onFailure(e -> answer(request, begun, e instanceof DomainXmlException ? 400 : 500, e.getMessage()));
    }

    private void onOperation(HttpServerRequest request, DomainSpec spec, long begun) {
        String operation = String.valueOf(request.getParam("operation"));
        switch (operation) {
            case "prepare" -> await(request, begun, spec.name(), control.prepare(spec));
            case "start", "started", "reconnect" -> {
                control.running(spec);
                answer(request, begun, 202, "");
            }
            case "stopped" -> {
                control.stopped(spec);
                answer(request, begun, 202, "");
            }
            case "release" -> {
                control.released(spec);
                answer(request, begun, 202, "");
            }
            case "migrate", "restore", "attach" -> answer(request, begun, 202, "");
            default -> answer(request, begun, 400, "operation '" + operation + "' is none of the qemu hook's");
        }
    }

    private void onPlug(HttpServerRequest request, String domain, InterfaceSpec nic, long begun) {
        if (nic.mayBeOurs()) {
            await(request, begun, domain, control.announce(domain, nic));
        } else {
            answer(request, begun, 204, "");
        }
    }

    private void await(HttpServerRequest request, long begun, String domain,
            CompletableFuture<HookAnswer> answer) {
        Context context = vertx.getOrCreateContext();
        answer.orTimeout(deadline.toMillis(), TimeUnit.MILLISECONDS);
        answer.applyToEither(stopping, done -> done).whenComplete((done, failed) -> context.runOnContext(now -> {
            Throwable failure = failed instanceof CompletionException ? failed.getCause() : failed;
            if (failure instanceof CancellationException) {
                answer(request, begun, 503, "domain '" + domain + "': the agent is stopping");
            } else if (failure instanceof TimeoutException) {
                answer(request, begun, 503, "domain '" + domain + "': its NICs were not wired within " + deadline.toMillis() + " ms");
            } else if (failure != null) {
                answer(request, begun, 500, "domain '" + domain + "': " + failure);
            } else {
                switch (done) {
                    case HookAnswer.Ready() -> answer(request, begun, 204, "");
                    case HookAnswer.Refused(var reasons) -> answer(request, begun, 409, String.join("; ", reasons));
                }
            }
        }));
    }

    private void answer(HttpServerRequest request, long begun, int status, String reason) {
        String operation = request.path().equals("/v1/plug") ? "plug" : known(request.getParam("operation"));
        meter.answered(operation, status, Duration.ofNanos(System.nanoTime() - begun));
        request.response().setStatusCode(status).putHeader("content-type", "text/plain; charset=utf-8");
        String line = String.valueOf(reason).replaceAll("\\s*[\\r\\n]+\\s*", " ");
        request.response().end(status == 204 || line.isEmpty() ? "" : line + "\n");
    }

    /** A closed set, since it labels a metric. */
    private static String known(String operation) {
        return switch (operation == null ? "" : operation) {
            case "prepare", "start", "started", "stopped", "release", "reconnect", "migrate", "restore", "attach" -> operation;
            default -> "unknown";
        };
    }
}
