package io.tapwright.model.domain;

import io.tapwright.model.DomainId;
import java.util.List;

/** Hears what libvirt says. Called on the hypervisor's own thread, one call at a time; must return soon. */
public interface HypervisorListener {

    void onConnection(ConnectionState state);

    /**
     * A complete listing.
     *
     * @param startedNanos {@link System#nanoTime()} before the list was asked for: a domain that came later may be
     *                     missing from it
     */
    void onListed(List<DomainReport> all, long startedNanos);

    /** One domain was read again. */
    void onDomain(DomainReport report);

    /**
     * libvirt knows no such domain.
     *
     * @param readStartedNanos {@link System#nanoTime()} before libvirt was asked
     */
    void onGone(DomainId id, long readStartedNanos);

    /**
     * An event arrived; for counting, and for taking note that it came. What it means is read from libvirt and arrives
     * by the other methods.
     *
     * @param name such as {@code STARTED}, {@code DEVICE_REMOVED}, {@code METADATA_CHANGE}
     */
    void onEvent(String name);
}
