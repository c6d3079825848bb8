package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.DomainReport;

/** What came of asking libvirt about one domain. */
sealed interface DomainAnswer {

    record Known(DomainReport report) implements DomainAnswer {
    }

    /** @param askedNanos {@link System#nanoTime()} before libvirt was asked */
    record Gone(DomainId id, long askedNanos) implements DomainAnswer {
    }

    /** It is there, and what it says is not to be had. */
    record Unreadable(DomainId id, String reason) implements DomainAnswer {
    }
}
