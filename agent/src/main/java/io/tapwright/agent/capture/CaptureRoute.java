package io.tapwright.agent.capture;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.tapwright.agent.Agent;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Captures over HTTP. The status is for everybody on this host, what VMs say to each other is not: only root, or the user
 * that the agent itself is, may capture.
 */
@ApplicationScoped
public class CaptureRoute {

    private static final Logger LOG = Logger.getLogger("tapwright.capture");
    private static final int ROOT = 0;

    private final Agent agent;
    private final Captures captures;
    private final PeerUser users = new PeerUser(Path.of("/proc/net"));

    @Inject
    CaptureRoute(Agent agent, @ConfigProperty(name = "quarkus.application.version") String version) {
        this.agent = agent;
        captures = new Captures("tapwright " + version, agent::snapshot, new NicSource(agent::device, agent::switchSocket),
                this::requireAllowed, LOG::info, Captures.LAST_PATIENCE);
    }

    /** Behind whatever refuses requests of other hosts. */
    public void mount(Router router) {
        router.get("/api/v1/nics/:mac/capture").handler(captures::handle);
    }

    /** While the HTTP server is still there: it closes its connections before ShutdownEvent. */
    void stop(@Observes ShutdownDelayInitiatedEvent event) {
        captures.close();
    }

    private void requireAllowed(HttpServerRequest request) {
        try {
            OptionalInt uid = users.uid(address(request.remoteAddress()), address(request.localAddress()));
            if (uid.isEmpty() || uid.getAsInt() != ROOT && uid.getAsInt() != ourselves()) {
                throw new RefusedException(403, "only root, on this host, may capture; "
                        + (uid.isEmpty() ? "nobody on it has this connection" : "this is user " + uid.getAsInt()));
            }
        } catch (IOException e) {
            throw new RefusedException(403, "who asks can't be found out: " + e.getMessage());
        }
    }

    private static InetSocketAddress address(SocketAddress address) throws UnknownHostException {
        return new InetSocketAddress(InetAddress.getByName(address.hostAddress()), address.port());
    }

    private static int ourselves() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }
}
