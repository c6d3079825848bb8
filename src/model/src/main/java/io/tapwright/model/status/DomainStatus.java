package io.tapwright.model.status;

import java.util.List;

/**
 * One domain.
 *
 * @param phase {@code off}, {@code starting} or {@code running}
 */
public record DomainStatus(String uuid, String name, String phase, boolean persistent, List<NicStatus> nics) {

    public DomainStatus {
        nics = List.copyOf(nics);
    }
}
