package io.tapwright.agent.metrics;

import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.io.IOException;

/**
 * {@code GET /q/metrics}, before Quarkus' own route of that path, which makes a string of it all, then bytes of
 * that, by way of buffers that double: some four megabytes of garbage where the answer has one, with a thousand NICs.
 */
@ApplicationScoped
class MetricsRoute {

    private static final int BEFORE_OTHERS = -1;

    private final CollectorRegistry registry;
    private volatile int sizeOfLast = 1 << 16;

    @Inject
    MetricsRoute(CollectorRegistry registry) {
        this.registry = registry;
    }

    void route(@Observes Router router) {
        router.get("/q/metrics").order(BEFORE_OTHERS).blockingHandler(this::scrape, false);
    }

    /** On a worker thread: it asks the kernel for every device. */
    private void scrape(RoutingContext context) {
        String format = format(context.request().getHeader("Accept"));
        Buffer text = Buffer.buffer(sizeOfLast + sizeOfLast / 16);
        try (BufferWriter writer = new BufferWriter(text)) {
            TextFormat.writeFormat(format, writer, registry.metricFamilySamples());
        } catch (IOException e) {
            context.fail(e);
            return;
        }
        sizeOfLast = text.length();
        context.response().putHeader("Content-Type", format).end(text);
    }

    /** As Quarkus' own route chooses: OpenMetrics but for those who take plain text, as Prometheus and browsers do. */
    static String format(String accept) {
        return accept != null && (accept.contains("text/plain") || accept.contains("text/html"))
                ? TextFormat.CONTENT_TYPE_004 : TextFormat.CONTENT_TYPE_OPENMETRICS_100;
    }
}
