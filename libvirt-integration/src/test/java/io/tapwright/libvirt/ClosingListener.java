package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.ConnectionState;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.Hypervisor;
import io.tapwright.model.domain.HypervisorListener;
import java.util.List;

/** Has had enough at the first listing. */
record ClosingListener(Hypervisor hypervisor) implements HypervisorListener {

    @Override
    public void onConnection(ConnectionState state) {
        // Waits for the listing.
    }

    @Override
    public void onListed(List<DomainReport> all, long startedNanos) {
        hypervisor.close();
    }

    @Override
    public void onDomain(DomainReport report) {
        throw new AssertionError("heard of a domain after closing");
    }

    @Override
    public void onGone(DomainId id, long readStartedNanos) {
        throw new AssertionError("heard of a domain after closing");
    }

    @Override
    public void onEvent(String name) {
        // One may come before the listing.
    }
}
