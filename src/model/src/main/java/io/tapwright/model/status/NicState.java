package io.tapwright.model.status;

import java.util.Locale;

/** Where a NIC stands. */
public enum NicState {
    /** Its tap is there; the domain is off, or its link is set down in the domain's XML. */
    READY,
    /** Read back from the kernel: the tap is a forwarding port of the right bridge, up, and QEMU holds it. */
    WIRED,
    /** On the way; the reason says what is awaited. */
    PENDING,
    /** Not as it should be; the reason says what to do. */
    FAILED,
    /** libvirt wires it itself; reported, never touched. */
    OBSERVED;

    /** As written in JSON and metrics. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
