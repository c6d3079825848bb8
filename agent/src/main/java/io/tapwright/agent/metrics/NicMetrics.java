package io.tapwright.agent.metrics;

import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import io.tapwright.control.ControlPlane;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetwork.Detail;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.NicState;
import io.tapwright.model.status.NicStatus;
import io.tapwright.model.userspace.PortCounters;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * The NICs as they stand at the scrape: how many in which state, and the kernel's own counters of each tap, all from one
 * dump; of NICs of the switch in user space the switch's. A NIC without either has no counters and harms nothing; a kernel
 * or switch that doesn't answer leaves the counters out.
 *
 * <p>The counters are the kernel's of the tap, so seen from the host: what a tap receives, its VM has sent.
 */
@ApplicationScoped
public class NicMetrics {

    private static final List<Figure> FIGURES = List.of(
            new Figure("tapwright_nic_receive_bytes", "Bytes the tap received from its VM", Link.Counters::receivedBytes,
                    PortCounters::bytesIn),
            new Figure("tapwright_nic_transmit_bytes", "Bytes the tap sent to its VM", Link.Counters::sentBytes,
                    PortCounters::bytesOut),
            new Figure("tapwright_nic_receive_packets", "Frames the tap received from its VM", Link.Counters::receivedPackets,
                    PortCounters::framesIn),
            new Figure("tapwright_nic_transmit_packets", "Frames the tap sent to its VM", Link.Counters::sentPackets,
                    PortCounters::framesOut),
            new Figure("tapwright_nic_receive_drops", "Frames from the VM that the tap dropped", Link.Counters::receiveDrops,
                    SwitchCounters.NOT_THIS_WAY),
            new Figure("tapwright_nic_transmit_drops", "Frames to the VM that the tap dropped", Link.Counters::sendDrops,
                    SwitchCounters.NOT_THIS_WAY));

    static final List<String> LABELS = List.of("domain", "uuid", "mac", "tap", "bridge");

    private final CollectorRegistry registry;

    @Inject
    NicMetrics(CollectorRegistry registry) {
        this.registry = registry;
    }

    /** Shows this control plane's NICs from now on. */
    public void observe(ControlPlane control, HostNetwork host) {
        new Collector() {
            @Override
            public List<MetricFamilySamples> collect() {
                return NicMetrics.collect(control, host);
            }
        }.register(registry);
    }

    private static List<MetricFamilySamples> collect(ControlPlane control, HostNetwork host) {
        List<NicStatus> nics = control.domains().stream().flatMap(d -> d.nics().stream()).toList();
        List<MetricFamilySamples> all = new ArrayList<>();
        all.add(states(nics));
        List<Link> links = links(host);
        all.add(ports(control, links));
        all.add(new GaugeMetricFamily("tapwright_bridge_ports_limit", "Ports that the kernel lets a bridge have", Network.MOST_PORTS));
        Map<String, Link> devices = new HashMap<>();
        links.forEach(link -> devices.put(link.name().text(), link));
        SwitchCounters ofSwitch = SwitchCounters.read(control, nics);
        List<Counted> counted = nics.stream()
                .map(nic -> new Counted(nic, labels(nic), countersOf(nic, devices.get(nic.tap())))).toList();
        FIGURES.forEach(figure -> all.add(figure.of(counted, ofSwitch)));
        all.addAll(ofSwitch.all());
        return all;
    }

    /** Null where the device is not the NIC's, whatever its name, or not there. */
    static Link.Counters countersOf(NicStatus nic, Link device) {
        return device == null || !nic.isDevice(device) ? null : device.counters().orElse(null);
    }

    private static List<Link> links(HostNetwork host) {
        try {
            return host.links(Detail.COUNTERS);
        } catch (HostNetworkException unanswered) {
            return List.of();
        }
    }

    private static MetricFamilySamples ports(ControlPlane control, List<Link> links) {
        Map<Integer, Long> ports = links.stream().filter(link -> link.master() != Link.NO_MASTER)
                .collect(Collectors.groupingBy(Link::master, Collectors.counting()));
        GaugeMetricFamily family = new GaugeMetricFamily(
                "tapwright_bridge_ports", "Ports that a network's bridge has, anybody's", List.of("network", "bridge"));
        control.networks().forEach(network -> links.stream().filter(l -> l.name().text().equals(network.bridge())).forEach(bridge ->
                family.addMetric(List.of(network.name(), network.bridge()), ports.getOrDefault(bridge.index(), 0L))));
        return family;
    }

    private static MetricFamilySamples states(List<NicStatus> nics) {
        Map<String, Map<NicState, Integer>> byNetwork = new TreeMap<>();
        for (NicStatus nic : nics) {
            byNetwork.computeIfAbsent(nic.network() == null ? "" : nic.network(), n -> new EnumMap<>(NicState.class))
                    .merge(nic.state(), 1, Integer::sum);
        }
        GaugeMetricFamily family = new GaugeMetricFamily("tapwright_nics", "NICs by state and network", List.of("network", "state"));
        byNetwork.forEach((network, states) -> {
            for (NicState state : NicState.values()) {
                family.addMetric(List.of(network, state.text()), states.getOrDefault(state, 0));
            }
        });
        return family;
    }

    static List<String> labels(NicStatus nic) {
        return List.of(nic.domain(), nic.uuid(), nic.mac(), nic.tap() == null ? "" : nic.tap(), nic.bridge() == null ? "" : nic.bridge());
    }

    /**
     * A NIC with its counters.
     *
     * @param tap its tap's, null where it has none
     */
    private record Counted(NicStatus nic, List<String> labels, Link.Counters tap) {
    }

    private record Figure(String name, String help, ToLongFunction<Link.Counters> value, ToLongFunction<PortCounters> inSwitch) {

        /** In place of {@code addMetric}, which makes a name for each of some thousand samples. */
        CounterMetricFamily of(List<Counted> all, SwitchCounters ofSwitch) {
            CounterMetricFamily family = new CounterMetricFamily(name, help, LABELS);
            String total = name + "_total";
            for (Counted one : all) {
                if (one.tap() != null) {
                    family.samples.add(sample(total, one, value.applyAsLong(one.tap())));
                }
                ofSwitch.of(one.nic(), inSwitch).ifPresent(counted -> family.samples.add(sample(total, one, counted)));
            }
            return family;
        }

        private static MetricFamilySamples.Sample sample(String total, Counted of, long value) {
            return new MetricFamilySamples.Sample(total, LABELS, of.labels(), value);
        }
    }
}
