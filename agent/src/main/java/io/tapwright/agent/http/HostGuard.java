package io.tapwright.agent.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/**
 * Refuses requests that name another host than loopback, where the agent listens there alone: a name that somebody else's
 * DNS points at loopback is a way for a web page to read what is there, and every browser names a host.
 */
final class HostGuard implements Handler<RoutingContext> {

    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]", "::1");
    private static final List<String> PATHS = List.of("/api/*", "/eventbus/*", "/q/*");

    /** Also before the route of the metrics, which is before Quarkus' own. */
    private static final int BEFORE_OTHERS = -2;

    private final String boundTo;

    /** @param boundTo the address on which the agent listens */
    HostGuard(String boundTo) {
        this.boundTo = boundTo;
    }

    void mount(Router router) {
        PATHS.forEach(path -> router.route(path).order(BEFORE_OTHERS).handler(this));
    }

    @Override
    public void handle(RoutingContext context) {
        String host = context.request().authority() == null ? "" : context.request().authority().host();
        if (host.isEmpty() || LOOPBACK.contains(host) || !LOOPBACK.contains(boundTo)) {
            context.next();
        } else {
            context.response().setStatusCode(403).end("host " + host + " is none of " + LOOPBACK);
        }
    }
}
