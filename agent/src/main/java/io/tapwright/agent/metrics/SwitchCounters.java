package io.tapwright.agent.metrics;

import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import io.tapwright.control.ControlPlane;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.status.NicStatus;
import io.tapwright.model.userspace.NetworkState;
import io.tapwright.model.userspace.PortCounters;
import io.tapwright.model.userspace.SwitchState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToLongFunction;

/** What the switch in user space counted of its NICs and networks, at one scrape. */
final class SwitchCounters {

    /** A figure that the switch does not have: what it drops it counts by reason. */
    static final ToLongFunction<PortCounters> NOT_THIS_WAY = counters -> -1;

    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final Map<String, PortCounters> byPort;
    private final List<NetworkState> networks;
    private final List<NicStatus> nics;
    private final boolean reachable;

    private SwitchCounters(Map<String, PortCounters> byPort, List<NetworkState> networks, List<NicStatus> nics, boolean reachable) {
        this.byPort = byPort;
        this.networks = networks;
        this.nics = nics;
        this.reachable = reachable;
    }

    /** Asks the switch only where some NIC may be its. */
    static SwitchCounters read(ControlPlane control, List<NicStatus> all) {
        List<NicStatus> nics = all.stream()
                .filter(nic -> nic.type().equals(InterfaceSpec.VHOST_USER) && nic.network() != null).toList();
        Map<String, PortCounters> byPort = new HashMap<>();
        List<NetworkState> networks = new ArrayList<>();
        if (!nics.isEmpty() && control.isSwitchReachable()) {
            state(control).ifPresent(state -> {
                state.ports().forEach(port -> byPort.put(port.port(), port.counters()));
                networks.addAll(state.networks());
            });
        }
        return new SwitchCounters(byPort, networks, nics, control.isSwitchReachable());
    }

    OptionalLong of(NicStatus nic, ToLongFunction<PortCounters> figure) {
        PortCounters counters = byPort.isEmpty() ? null : byPort.get(nic.id().toString());
        long value = counters == null ? -1 : figure.applyAsLong(counters);
        return value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /** What else there is to show than {@link #of a NIC's figures}; nothing where no NIC may be the switch's. */
    List<MetricFamilySamples> all() {
        if (nics.isEmpty()) {
            return List.of();
        }
        List<MetricFamilySamples> all = new ArrayList<>();
        all.add(drops());
        all.addAll(addresses());
        all.add(new GaugeMetricFamily(
                "tapwright_switch_connected", "1 while connected to the switch in user space", reachable ? 1 : 0));
        return all;
    }

    private MetricFamilySamples drops() {
        List<String> labels = new ArrayList<>(NicMetrics.LABELS);
        labels.add("reason");
        CounterMetricFamily drops = new CounterMetricFamily(
                "tapwright_nic_switch_drops", "Frames from and to the VM that the switch in user space dropped", labels);
        for (NicStatus nic : nics) {
            byPort.getOrDefault(nic.id().toString(), PortCounters.ZERO).drops().forEach((reason, count) -> {
                List<String> values = new ArrayList<>(NicMetrics.labels(nic));
                values.add(reason);
                drops.addMetric(values, count);
            });
        }
        return drops;
    }

    private List<MetricFamilySamples> addresses() {
        List<String> label = List.of("network");
        GaugeMetricFamily known = new GaugeMetricFamily(
                "tapwright_switch_addresses", "Addresses that the switch in user space knows", label);
        CounterMetricFamily moves = new CounterMetricFamily("tapwright_switch_address_moves",
                "Times that an address was seen at another port of the switch in user space than before", label);
        CounterMetricFamily refused = new CounterMetricFamily("tapwright_switch_addresses_refused",
                "Times that the switch in user space had no room for an address", label);
        for (NetworkState network : networks) {
            List<String> name = List.of(network.network());
            known.addMetric(name, network.addresses());
            moves.addMetric(name, network.moves());
            refused.addMetric(name, network.refused());
        }
        return List.of(known, moves, refused);
    }

    private static Optional<SwitchState> state(ControlPlane control) {
        try {
            return Optional.of(control.switchState().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException unanswered) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
