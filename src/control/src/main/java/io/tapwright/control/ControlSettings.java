package io.tapwright.control;

import io.tapwright.model.network.NetworkCatalog;
import io.tapwright.model.plan.BridgePolicy;
import io.tapwright.model.plan.TapPolicy;
import io.tapwright.model.plan.UserspacePolicy;
import java.time.Duration;

/**
 * How the control plane behaves.
 *
 * @param dryRun         plan and report, change nothing
 * @param resyncInterval between two looks at libvirt's list and the kernel
 * @param reaperGrace    how long a device with our mark and without a domain is left alone
 * @param announcement   how long a NIC that was announced for hot-plug may take to arrive
 * @param workers        threads that reconcile
 * @param userspace      the ways to the switch in user space
 */
public record ControlSettings(
        NetworkCatalog catalog, TapPolicy taps, BridgePolicy bridges, boolean dryRun, Duration resyncInterval,
        Duration reaperGrace, Duration announcement, int workers, UserspacePolicy userspace) {

    /** Without a switch in user space. */
    public ControlSettings(NetworkCatalog catalog, TapPolicy taps, BridgePolicy bridges, boolean dryRun, Duration resyncInterval,
            Duration reaperGrace, Duration announcement, int workers) {
        this(catalog, taps, bridges, dryRun, resyncInterval, reaperGrace, announcement, workers, UserspacePolicy.NONE);
    }

    public ControlSettings asDryRun() {
        return new ControlSettings(catalog, taps, bridges, true, resyncInterval, reaperGrace, announcement, workers,
                userspace);
    }
}
