package io.tapwright.agent.capture;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.status.NicStatus;
import io.tapwright.model.status.Snapshot;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The captures that run. Any thread. */
final class Captures {

    static final int MOST = 4;

    static final Duration LAST_PATIENCE = Duration.ofMillis(500);

    private static final String STOPPING = "the agent is stopping";

    private final String application;
    private final Supplier<Snapshot> snapshot;
    private final Opener opener;
    private final Gate gate;
    private final Consumer<String> log;
    private final Duration lastPatience;
    private final Semaphore free = new Semaphore(MOST);
    private final Set<Capture> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** Where a NIC's frames are to be had. */
    interface Opener {
        /** @throws CaptureException where they aren't */
        CaptureSource open(NicStatus nic, int snapLength);
    }

    /** Who may see them. */
    interface Gate {
        /** @throws RefusedException 403 for others */
        void requireAllowed(HttpServerRequest request);
    }

    /**
     * @param application  what a capture says that it was made by
     * @param log          hears of each begin and end, one line
     * @param lastPatience how long those that run may take at the end to tell their readers that they are over
     */
    Captures(String application, Supplier<Snapshot> snapshot, Opener opener, Gate gate, Consumer<String> log,
            Duration lastPatience) {
        this.application = application;
        this.snapshot = snapshot;
        this.opener = opener;
        this.gate = gate;
        this.log = log;
        this.lastPatience = lastPatience;
    }

    /** Answers a request, from a thread of its own. */
    void handle(RoutingContext context) {
        CaptureRequest request;
        NicStatus nic;
        try {
            request = CaptureRequest.parse(context.pathParam("mac"), context.request().params());
            nic = request.find(snapshot.get());
        } catch (RefusedException e) {
            refuse(context.response(), e.status(), e.getMessage());
            return;
        }
        if (closed) {
            refuse(context.response(), 503, STOPPING);
            return;
        }
        if (!free.tryAcquire()) {
            refuse(context.response(), 429, MOST + " captures run already");
            return;
        }
        Thread.ofPlatform().name("capture-" + request.mac()).daemon().start(() -> {
            try {
                capture(context, request, nic);
            } finally {
                free.release();
            }
        });
    }

    private void capture(RoutingContext context, CaptureRequest request, NicStatus nic) {
        HttpServerResponse response = context.response();
        String what = "capture of NIC " + nic.mac() + " of domain " + nic.domain();
        try {
            gate.requireAllowed(context.request());
        } catch (RefusedException e) {
            refuse(response, e.status(), e.getMessage());
            return;
        }
        try (CaptureSource source = opener.open(nic, request.snapLength())) {
            response.setChunked(true).putHeader("content-type", Pcapng.MEDIA_TYPE).putHeader("cache-control", "no-store");
            Capture capture = new Capture(request, nic, source, response);
            response.exceptionHandler(e -> capture.stop("the reader is gone"));
            response.closeHandler(closed -> capture.stop("the reader is gone"));
            running.add(capture);
            if (closed) {
                capture.stop(STOPPING);
            }
            try {
                log.accept(what + " begins");
                log.accept(what + " is over: " + capture.run(application));
            } finally {
                running.remove(capture);
            }
        } catch (CaptureException e) {
            refuse(response, 503, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.accept(what + " fails: " + e);
            refuse(response, 500, e.toString());
        }
    }

    private static void refuse(HttpServerResponse response, int status, String reason) {
        if (response.headWritten()) {
            response.reset();
        } else if (!response.closed()) {
            response.setStatusCode(status).putHeader("content-type", "text/plain; charset=utf-8").end(reason + "\n");
        }
    }

    int running() {
        return running.size();
    }

    /** Ends those that run, and waits until their readers have been sent the end; but not for one that does not read. */
    void close() {
        closed = true;
        running.forEach(capture -> capture.stop(STOPPING));
        try {
            if (free.tryAcquire(MOST, lastPatience.toMillis(), TimeUnit.MILLISECONDS)) {
                free.release(MOST);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
