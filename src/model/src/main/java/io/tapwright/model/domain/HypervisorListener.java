package io.tapwright.model.domain;

import io.tapwright.model.DomainId;
import java.util.List;

/** Hears what libvirt says. Called on the hypervisor's own thread, one call at a time; must return soon. */
public interface HypervisorListener {

    /** The connection's state changed, or the reason for it while it lasts; {@code since} stays with the state. */
    void onConnection(ConnectionState state);

    /**
     * A complete listing, but for the domains that {@link #onUnreadable} has just named. Each report says itself since when
     * it stands: one may be as old as the connection.
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

    /**
     * A domain is there, but what libvirt says of it could not be had or understood. It is missing from the listing that
     * follows, if it is one that was being made, and must not be taken for gone.
     *
     * @param reason one line: domain and cause
     */
    default void onUnreadable(DomainId id, String reason) {
        onProblem(reason);
    }

    /**
     * Something is amiss that changes nothing of the above; for a log.
     *
     * @param problem one line
     */
    default void onProblem(String problem) {
        // Whoever only wants to know about domains need not hear it.
    }
}
