package io.tapwright.agent.http;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.tapwright.agent.Agent;
import io.tapwright.agent.bus.BusPublisher;
import io.tapwright.agent.bus.StatusJson;
import io.tapwright.agent.capture.CaptureRoute;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.bridge.PermittedOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.sockjs.SockJSBridgeOptions;
import io.vertx.ext.web.handler.sockjs.SockJSHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * {@code GET /api/v1/status}, the captures of {@link CaptureRoute}, and the event bus for clients outside the process: a
 * SockJS bridge at {@code /eventbus} whose clients may listen to {@code tapwright.*} and ask {@code tapwright.status}, and
 * nothing else.
 */
@ApplicationScoped
class StatusRoutes {

    private static final String ADDRESSES = "tapwright\\.(nic|domain|libvirt|drift)";

    private final Agent agent;
    private final CaptureRoute capture;
    private final Vertx vertx;
    private final HostGuard guard;
    private final BusClients clients = new BusClients();

    @Inject
    StatusRoutes(Agent agent, CaptureRoute capture, Vertx vertx, @ConfigProperty(name = "quarkus.http.host") String boundTo) {
        guard = new HostGuard(boundTo);
        this.agent = agent;
        this.capture = capture;
        this.vertx = vertx;
    }

    void routes(@Observes Router router) {
        guard.mount(router);
        router.get("/api/v1/status").handler(this::status);
        capture.mount(router);
        SockJSBridgeOptions options = new SockJSBridgeOptions()
                .addOutboundPermitted(new PermittedOptions().setAddressRegex(ADDRESSES))
                .addInboundPermitted(new PermittedOptions().setAddress(BusPublisher.STATUS));
        router.route("/eventbus/*").handler(StatusRoutes::refuseOtherOrigins);
        router.route("/eventbus/*").subRouter(SockJSHandler.create(vertx).bridge(options, clients));
    }

    /** While the HTTP server is still there: it closes its connections before ShutdownEvent. */
    void stop(@Observes ShutdownDelayInitiatedEvent event) {
        clients.close();
    }

    private void status(RoutingContext context) {
        context.response().putHeader("content-type", "application/json")
                .end(StatusJson.of(agent.snapshot()).toBuffer());
    }

    /** A web page from elsewhere, opened in a browser on this host, must not read the names of its VMs. */
    private static void refuseOtherOrigins(RoutingContext context) {
        HttpServerRequest request = context.request();
        String origin = request.getHeader("Origin");
        String host = request.getHeader("Host");
        if (origin == null || origin.equals("http://" + host)) {
            context.next();
        } else {
            context.response().setStatusCode(403).end("origin " + origin + " is not this host");
        }
    }
}
