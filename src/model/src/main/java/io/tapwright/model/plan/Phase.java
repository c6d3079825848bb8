package io.tapwright.model.plan;

import java.util.Locale;

/** Where a domain is in its life, as far as its network goes. */
public enum Phase {
    OFF,
    /** The hook was asked to prepare it; QEMU does not run yet. */
    STARTING,
    RUNNING;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
