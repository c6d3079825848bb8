package io.tapwright.agent.metrics;

import io.micrometer.core.instrument.config.MeterFilter;
import io.prometheus.client.CollectorRegistry;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Set;

/** What the metrics are made with. */
final class MetricsBeans {

    /** Meters of others that {@code promtool check metrics} objects to: a unit abbreviated, a gauge named as a counter. */
    private static final Set<String> MISNAMED = Set.of("process.cpu.time", "system.cpu.count");

    /** Netty's allocator: dozens of figures without a word of help. */
    private static final String NETTY = "netty.";

    private MetricsBeans() {
    }

    /** One for Micrometer and {@link NicMetrics}; the default is another one at each injection. */
    @Produces
    @Singleton
    static CollectorRegistry collectorRegistry() {
        return new CollectorRegistry(true);
    }

    @Produces
    @Singleton
    static MeterFilter wellNamed() {
        return MeterFilter.deny(id -> MISNAMED.contains(id.getName()) || id.getName().startsWith(NETTY));
    }
}
