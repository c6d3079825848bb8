package io.tapwright.agent.metrics;

import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import io.tapwright.control.ControlPlane;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.status.NicStatus;
import io.tapwright.model.userspace.PortCounters;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.SwitchState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToLongFunction;

/** What the switch in user space counted of its NICs, at one scrape. */
final class SwitchCounters {

    /** A figure that the switch does not have: what it drops it counts by reason. */
    static final ToLongFunction<PortCounters> NOT_THIS_WAY = counters -> -1;

    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final Map<String, PortCounters> byPort;
    private final List<NicStatus> nics;
    private final boolean reachable;

    private SwitchCounters(Map<String, PortCounters> byPort, List<NicStatus> nics, boolean reachable) {
        this.byPort = byPort;
        this.nics = nics;
        this.reachable = reachable;
    }

    /** Asks the switch only where some NIC may be its. */
    static SwitchCounters read(ControlPlane control, List<NicStatus> all) {
        List<NicStatus> nics = all.stream()
                .filter(nic -> nic.type().equals(InterfaceSpec.VHOST_USER) && nic.network() != null).toList();
        Map<String, PortCounters> byPort = new HashMap<>();
        if (!nics.isEmpty() && control.isSwitchReachable()) {
            ports(control).forEach(port -> byPort.put(port.port(), port.counters()));
        }
        return new SwitchCounters(byPort, nics, control.isSwitchReachable());
    }

    OptionalLong of(NicStatus nic, ToLongFunction<PortCounters> figure) {
        PortCounters counters = byPort.isEmpty() ? null : byPort.get(port(nic));
        long value = counters == null ? -1 : figure.applyAsLong(counters);
        return value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
    }

    List<MetricFamilySamples> drops() {
        if (nics.isEmpty()) {
            return List.of();
        }
        List<String> labels = new ArrayList<>(NicMetrics.LABELS);
        labels.add("reason");
        CounterMetricFamily drops = new CounterMetricFamily(
                "tapwright_nic_switch_drops", "Frames from and to the VM that the switch in user space dropped", labels);
        for (NicStatus nic : nics) {
            byPort.getOrDefault(port(nic), PortCounters.ZERO).drops().forEach((reason, count) -> {
                List<String> values = new ArrayList<>(NicMetrics.labels(nic));
                values.add(reason);
                drops.addMetric(values, count);
            });
        }
        return List.of(drops, new GaugeMetricFamily(
                "tapwright_switch_connected", "1 while connected to the switch in user space", reachable ? 1 : 0));
    }

    private static List<PortState> ports(ControlPlane control) {
        try {
            SwitchState state = control.switchState().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return state.ports();
        } catch (ExecutionException | TimeoutException unanswered) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    /** As {@link io.tapwright.model.NicId} is written. */
    private static String port(NicStatus nic) {
        return nic.uuid() + "/" + nic.mac();
    }
}
