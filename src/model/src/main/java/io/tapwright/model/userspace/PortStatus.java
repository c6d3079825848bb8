package io.tapwright.model.userspace;

/** Where a port stands. */
public enum PortStatus {
    /** There, and without a peer: it listens, or tries to connect. */
    WAITING,
    /** The peer speaks, but its driver has not enabled the rings: no frame passes. */
    CONNECTED,
    /** Frames pass. */
    RUNNING,
    /** Can't be had; the reason says what is wrong, and the switch tries on by itself. */
    FAILED
}
