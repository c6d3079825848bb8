package io.tapwright.model.host;

import io.tapwright.model.InterfaceName;
import java.util.List;
import java.util.Optional;

/**
 * The kernel seam: all that is read from and done to the host's network passes here, which is why it is also where
 * faults are injected. Every method may be called from any thread, blocks for at most the implementation's own deadline
 * and fails with {@link HostNetworkException}.
 */
public interface HostNetwork extends AutoCloseable {

    /** One device, read from the kernel now; without counters. */
    Optional<Link> link(InterfaceName name);

    /** One device by its index. */
    Optional<Link> link(int index);

    /** All devices, a consistent dump. */
    List<Link> links(Detail detail);

    /** The addresses of one device. */
    List<Address> addresses(LinkRef link);

    /** The unicast routes through one device, of every table. */
    List<Route> routes(LinkRef link);

    /** Carries one action out, whole or not at all. */
    void apply(HostAction action);

    /**
     * Tells {@code listener} of every change of a device from now on, on a thread of the implementation's; the listener
     * must return at once. Closing the answer ends it.
     */
    AutoCloseable monitor(LinkListener listener);

    @Override
    void close();

    /** What a dump carries along. */
    enum Detail {
        /** No counters: cheap. */
        STATE,
        /** {@link Link#counters()} too. */
        COUNTERS
    }
}
