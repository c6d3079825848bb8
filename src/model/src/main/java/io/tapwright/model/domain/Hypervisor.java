package io.tapwright.model.domain;

import io.tapwright.model.DomainId;

/**
 * The port to libvirt. No method waits for libvirt: requests queue for the implementation's own thread, answers come to
 * the {@link HypervisorListener} on that thread.
 */
public interface Hypervisor extends AutoCloseable {

    /** Connects, and goes on trying for ever; once connected registers for events, then lists everything. */
    void start(HypervisorListener listener);

    /** Asks for one domain to be read again. Equal requests that wait are one. Lost while not connected. */
    void refresh(DomainId id);

    /**
     * Asks for everything to be listed again. Of a domain to which nothing is known to have happened the list may repeat
     * what was read of it before; how old that gets is the implementation's to bound.
     */
    void refreshAll();

    /** Deregisters, closes the connection and ends all threads; waits a few seconds at most. */
    @Override
    void close();
}
