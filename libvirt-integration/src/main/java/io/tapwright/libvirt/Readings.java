package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What was last read of each domain over one connection, the oldest first. It stands for what libvirt would say as long as
 * no event comes and the list has the domain unchanged. Some changes show in neither ({@code virsh domif-setlink}, and
 * whatever is done to a definition with {@code --config}): for their sake the oldest readings are renewed, a few with each
 * list. On the libvirt thread.
 */
final class Readings {

    private final Map<DomainId, Reading> oldestFirst = new LinkedHashMap<>();

    Optional<Reading> of(DomainId id) {
        return Optional.ofNullable(oldestFirst.get(id));
    }

    void put(Reading reading) {
        oldestFirst.remove(reading.report().id());
        oldestFirst.put(reading.report().id(), reading);
    }

    /** It is gone, or can't be read: whoever comes to ask for it again has to ask libvirt. */
    void forget(DomainId id) {
        oldestFirst.remove(id);
    }

    void forgetAllBut(Set<DomainId> ids) {
        oldestFirst.keySet().retainAll(ids);
    }

    /** The domains whose readings are the oldest. */
    Set<DomainId> oldest(int count) {
        return oldestFirst.keySet().stream().limit(count).collect(Collectors.toSet());
    }
}
