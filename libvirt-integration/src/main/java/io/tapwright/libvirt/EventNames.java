package io.tapwright.libvirt;

import java.util.List;

/** libvirt's numbers in words. A number that came after this list was made is named by its value. */
final class EventNames {

    /** In the order of {@code virDomainEventType} (libvirt/libvirt-domain.h). */
    private static final List<String> LIFECYCLE = List.of("DEFINED", "UNDEFINED", "STARTED", "SUSPENDED", "RESUMED",
            "STOPPED", "SHUTDOWN", "PMSUSPENDED", "CRASHED");

    /** In the order of {@code virConnectCloseReason} (libvirt/libvirt-common.h). */
    private static final List<String> CLOSE_REASONS = List.of("libvirt reported an error", "libvirt closed it (end of file)",
            "libvirt does not answer (keep-alive)", "closed by this side");

    private EventNames() {
    }

    static String lifecycle(int event) {
        return event >= 0 && event < LIFECYCLE.size() ? LIFECYCLE.get(event) : "LIFECYCLE_" + event;
    }

    static String closeReason(int reason) {
        return reason >= 0 && reason < CLOSE_REASONS.size() ? CLOSE_REASONS.get(reason) : "close reason " + reason;
    }
}
