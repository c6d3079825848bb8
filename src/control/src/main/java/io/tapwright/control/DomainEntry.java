package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.MacAddress;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.network.NetworkCatalog;
import io.tapwright.model.plan.DesiredNic;
import io.tapwright.model.plan.Phase;
import io.tapwright.model.plan.UserspacePolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What is known of one domain.
 *
 * @param reported       libvirt itself has told of it, not only the hook
 * @param config         its definition
 * @param live           what runs, or is about to
 * @param plugged        NICs announced ahead of a hot-plug, with the nanosecond at which the announcement lapses
 * @param hookAtNanos    when the hook last spoke of it: what libvirt was asked before that is outdated
 * @param startedAtNanos when its present run began, as far as known
 */
record DomainEntry(
        DomainId id, String name, boolean reported, boolean persistent, Optional<DomainSpec> config,
        Optional<DomainSpec> live, Map<InterfaceSpec, Long> plugged, Phase phase, long hookAtNanos, long startedAtNanos) {

    DomainEntry {
        plugged = Map.copyOf(plugged);
    }

    /** True where a look at its NICs would find no more to do for this one than for the other. */
    boolean saysTheSameAs(DomainEntry other) {
        return id.equals(other.id) && name.equals(other.name) && reported == other.reported && persistent == other.persistent
                && config.equals(other.config) && live.equals(other.live) && plugged.equals(other.plugged)
                && phase == other.phase;
    }

    DomainEntry withPlugged(Map<InterfaceSpec, Long> now) {
        return new DomainEntry(id, name, reported, persistent, config, live, now, phase, hookAtNanos, startedAtNanos);
    }

    /** Every NIC that it has or is to have. */
    List<DesiredNic> wanted(NetworkCatalog catalog, UserspacePolicy userspace) {
        return DesiredNic.of(config, phase == Phase.OFF ? Optional.empty() : liveWithPlugged(), phase, catalog,
                userspace);
    }

    /** The running machine with the NICs that were announced for it. */
    Optional<DomainSpec> liveWithPlugged() {
        if (plugged.isEmpty() || live.isEmpty()) {
            return live;
        }
        DomainSpec spec = live.get();
        List<InterfaceSpec> all = new ArrayList<>(spec.interfaces());
        all.addAll(plugged.keySet());
        return Optional.of(spec.withInterfaces(all));
    }

    /** Announcements that libvirt has not confirmed by now and that have not lapsed. */
    Map<InterfaceSpec, Long> openAnnouncements(Optional<DomainSpec> nowLive, long nowNanos) {
        if (nowLive.isEmpty()) {
            return Map.of();
        }
        List<MacAddress> confirmed = nowLive.get().interfaces().stream().map(InterfaceSpec::mac).toList();
        return plugged.entrySet().stream()
                .filter(e -> !confirmed.contains(e.getKey().mac()) && e.getValue() - nowNanos > 0)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
