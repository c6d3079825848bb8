package io.tapwright.control;

import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NetworkStatus;
import io.tapwright.model.status.NicStatus;
import java.time.Duration;

/**
 * Hears of everything that happens. Called on the thread on which it happens, mostly a worker's; must return at once and
 * must not throw.
 */
public interface ControlListener {

    /** A NIC is new or stands otherwise than before. */
    default void nicChanged(NicStatus status) {
    }

    default void nicRemoved(NicStatus last) {
    }

    /** A domain is new, or its name, phase or set of NICs has changed. */
    default void domainChanged(DomainStatus status) {
    }

    default void domainRemoved(DomainStatus last) {
    }

    default void networkChanged(NetworkStatus status) {
    }

    default void libvirtChanged(LibvirtStatus status) {
    }

    /**
     * The switch in user space can be reached, or not any more.
     *
     * @param reason why not, empty where it can
     */
    default void switchChanged(boolean reachable, String reason) {
    }

    /** An event of libvirt's arrived. */
    default void libvirtEvent(String name) {
    }

    /**
     * A key was worked on, to whatever end.
     *
     * @param what the key, whose text is for a reader: a domain, a network
     */
    default void reconciled(String kind, Object what, Duration took) {
    }

    /** A NIC was seen wired for the first time in its domain's run. */
    default void wired(NicStatus status, Duration sinceStart) {
    }

    default void applied(HostAction action, Duration took) {
    }

    default void failed(HostAction action, HostNetworkException cause) {
    }

    /**
     * A device that was as it should be is not any more, and is about to be put right.
     *
     * @param owner what it belongs to, for a reader: a NIC, a network
     * @param kind  of a closed set: {@code missing}, {@code master}, {@code state}, {@code mtu}, {@code alias}, …
     */
    default void drifted(String owner, String device, String kind) {
    }

    /** A tap of a domain that does not exist is about to be deleted. */
    default void reaping(String device, String alias) {
    }

    /** News from the kernel were lost, and everything is looked at again. */
    default void overrun() {
    }

    /** A key failed and will be tried again. */
    default void retrying(String kind, String what, int failures, Duration delay) {
    }

    /** Something that an operator should read, and that is the state of no single NIC. */
    default void problem(String text) {
    }
}
