package io.tapwright.model.status;

import java.util.List;

/** Everything at one moment: what {@code /api/v1/status} and the {@code tapwright.status} address answer. */
public record Snapshot(
        String version, boolean dryRun, LibvirtStatus libvirt, List<NetworkStatus> networks, List<DomainStatus> domains) {

    public Snapshot {
        networks = List.copyOf(networks);
        domains = List.copyOf(domains);
    }
}
