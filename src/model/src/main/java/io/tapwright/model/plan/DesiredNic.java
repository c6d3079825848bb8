package io.tapwright.model.plan;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.NicId;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.network.Network;
import io.tapwright.model.network.NetworkCatalog;
import io.tapwright.model.network.NetworkCatalog.Assignment;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What is wanted of one NIC. */
public sealed interface DesiredNic {

    NicId id();

    InterfaceSpec spec();

    /**
     * A tap of ours.
     *
     * @param phase  of its domain, {@link Phase#OFF} also for a NIC that only the definition of a running domain has
     */
    record Tap(NicId id, InterfaceSpec spec, String domainName, InterfaceName device, Network network, Phase phase)
            implements DesiredNic {

        public boolean attached() {
            return phase != Phase.OFF;
        }

        public boolean raised() {
            return attached() && spec.linkUp();
        }
    }

    /**
     * A port of the switch in user space.
     *
     * @param phase as of a tap
     */
    record VhostUser(NicId id, InterfaceSpec spec, String domainName, Network network, VhostUserPort port, Phase phase)
            implements DesiredNic {

        /** A switch that listens may do so all the time; one that connects has nothing to connect to while the VM is off. */
        public boolean plugged() {
            return port.listen() || phase != Phase.OFF;
        }
    }

    /** libvirt's own business. */
    record Observed(NicId id, InterfaceSpec spec, boolean live) implements DesiredNic {
    }

    /** Ours, but it can't be had as written. */
    record Refused(NicId id, InterfaceSpec spec, String reason) implements DesiredNic {
    }

    /** Ours, and has to wait for the running machine to let go of its device. */
    record Deferred(NicId id, InterfaceSpec spec, String reason) implements DesiredNic {
    }

    /**
     * Every NIC of a domain: those of the running machine as they run, and those that only its definition has.
     *
     * @param phase of the domain; the NICs of {@code live} are wanted in it
     */
    static List<DesiredNic> of(Optional<DomainSpec> config, Optional<DomainSpec> live, Phase phase, NetworkCatalog catalog) {
        return of(config, live, phase, catalog, UserspacePolicy.NONE);
    }

    /**
     * Every NIC of a domain: those of the running machine as they run, and those that only its definition has.
     *
     * @param phase of the domain; the NICs of {@code live} are wanted in it
     */
    static List<DesiredNic> of(Optional<DomainSpec> config, Optional<DomainSpec> live, Phase phase, NetworkCatalog catalog,
            UserspacePolicy userspace) {
        Map<NicId, DesiredNic> wanted = new LinkedHashMap<>();
        List<DesiredNic> duplicates = new ArrayList<>();
        Set<String> devices = new HashSet<>();
        live.ifPresent(spec -> collect(spec, phase, true, catalog, userspace, wanted, duplicates, devices));
        config.ifPresent(spec -> collect(spec, Phase.OFF, false, catalog, userspace, wanted, duplicates, devices));
        duplicates.addAll(0, wanted.values());
        return duplicates;
    }

    private static void collect(DomainSpec domain, Phase phase, boolean live, NetworkCatalog catalog,
            UserspacePolicy userspace, Map<NicId, DesiredNic> wanted, List<DesiredNic> duplicates, Set<String> devices) {
        Set<NicId> oursOfThisSpec = new HashSet<>();
        for (InterfaceSpec spec : domain.interfaces()) {
            NicId id = new NicId(domain.id(), spec.mac());
            boolean ours = spec.isOurs() || userspace.isOurs(spec);
            if (ours && !oursOfThisSpec.add(id)) {
                duplicates.add(new Refused(id, spec,
                        "MAC address " + spec.mac() + " stands twice in the domain's XML, give each NIC its own"));
            } else if (!wanted.containsKey(id) || ours && isTeamedWith(wanted.get(id), live)) {
                wanted.put(id, userspace.isOurs(spec)
                        ? VhostUserNic.of(id, spec, domain, phase, catalog, userspace, devices)
                        : one(id, spec, domain, phase, live, catalog, devices));
            }
        }
    }

    /** libvirt's own with the same MAC address in the same XML, such as the host device of {@code <teaming>}: ours is told of. */
    private static boolean isTeamedWith(DesiredNic other, boolean live) {
        return other instanceof Observed observed && observed.live() == live;
    }

    private static DesiredNic one(NicId id, InterfaceSpec spec, DomainSpec domain, Phase phase, boolean live,
            NetworkCatalog catalog, Set<String> devices) {
        if (!spec.isOurs()) {
            return new Observed(id, spec, live);
        }
        if (spec.target().isEmpty()) {
            return new Refused(id, spec, "the interface has no <target dev='…'/>, which managed='no' needs; add one");
        }
        String device = spec.target().get();
        String fault = InterfaceName.fault(device);
        if (fault != null) {
            return new Refused(id, spec, "target dev '" + device + "' " + fault + "; choose another name");
        }
        if (spec.mac().isReservedForTaps()) {
            return new Refused(id, spec,
                    "MAC address " + spec.mac() + " begins with fe, which is reserved for taps; use 52:54:00:…");
        }
        if (spec.mac().isMulticast()) {
            return new Refused(id, spec, "MAC address " + spec.mac() + " is a multicast address; use 52:54:00:…");
        }
        if (!devices.add(device)) {
            if (!live && phase == Phase.OFF && !domain.interfaces().stream().filter(s -> s != spec)
                    .anyMatch(s -> s.target().equals(spec.target()))) {
                return new Deferred(id, spec, "target dev '" + device
                        + "' is in use by another NIC of the running VM; the change takes effect when the VM is off");
            }
            return new Refused(id, spec, "target dev '" + device + "' stands twice in the domain's XML, give each NIC its own");
        }
        return switch (catalog.assign(domain, spec)) {
            case Assignment.To(Network network) ->
                    new Tap(id, spec, domain.name(), new InterfaceName(device), network, phase);
            case Assignment.Unknown(String name, String reason) -> new Refused(id, spec, reason);
        };
    }
}
