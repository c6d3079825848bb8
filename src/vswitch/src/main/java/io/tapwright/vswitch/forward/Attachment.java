package io.tapwright.vswitch.forward;

import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.capture.Mirrors;
import java.util.Optional;

/**
 * What keeps a port of the switch attached to what is behind it, a guest or a tap, for as long as the port is wanted. The
 * loop's.
 */
public interface Attachment extends AutoCloseable {

    /** Begins; what can't be had is tried again, until {@link #close}. */
    void open();

    PortStatus status();

    /** Why the status is what it is; empty where there is nothing to say. */
    String reason();

    /** Looks at how things stand, and tells if that is news. */
    void say();

    /** Some peer has done what none may: memory that it shared is gone, or it had us wait. If it was this one's, it is let go. */
    void checkPeer();

    /** The number of the port in its network. */
    int number();

    PortCounters counters();

    /** Who captures it, where that can be done. */
    default Optional<Mirrors> mirrors() {
        return Optional.empty();
    }

    /** Lets go of what the port stands on; no worker uses it any more. The port was taken out of its network before. */
    @Override
    void close();
}
