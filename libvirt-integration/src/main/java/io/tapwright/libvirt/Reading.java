package io.tapwright.libvirt;

import io.tapwright.libvirt.xml.DomainXml;
import io.tapwright.model.domain.DomainReport;
import java.util.Optional;

/**
 * One domain as it was read.
 *
 * @param number     libvirt's number of its run when it was asked for, {@link LibvirtExtension#NOT_RUNNING} for none: no
 *                   two runs have the same
 * @param now        what libvirt said of it as it stood
 * @param definition what libvirt said of its definition, where that is another text
 */
record Reading(int number, DomainReport report, Text now, Optional<Text> definition) {

    /** What libvirt wrote, by its {@link Fingerprint}, and what it says. */
    record Text(long fingerprint, DomainXml.Description says) {
    }

    /** True where a list that has the domain so gives no reason to think that it has changed. */
    boolean isOf(String name, int numberNow, boolean persistent) {
        return report.name().equals(name) && number == numberNow && report.persistent() == persistent;
    }
}
