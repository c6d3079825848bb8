package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.ConnectionState;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.HypervisorListener;
import java.util.List;

/** Passes on what it hears, then throws, but where it is told of a problem. */
record ThrowingListener(HypervisorListener next) implements HypervisorListener {

    @Override
    public void onConnection(ConnectionState state) {
        next.onConnection(state);
        throw new IllegalStateException("thrown by a test");
    }

    @Override
    public void onListed(List<DomainReport> all, long startedNanos) {
        next.onListed(all, startedNanos);
        throw new AssertionError("thrown by a test");
    }

    @Override
    public void onDomain(DomainReport report) {
        next.onDomain(report);
        throw new IllegalStateException("thrown by a test");
    }

    @Override
    public void onGone(DomainId id, long readStartedNanos) {
        next.onGone(id, readStartedNanos);
        throw new IllegalStateException("thrown by a test");
    }

    @Override
    public void onEvent(String name) {
        next.onEvent(name);
        throw new IllegalStateException("thrown by a test");
    }

    @Override
    public void onProblem(String problem) {
        next.onProblem(problem);
    }
}
