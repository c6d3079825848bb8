package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One thing for the libvirt thread to do. */
sealed interface Work {

    /**
     * Tell what has happened.
     *
     * @param counts   name of an event to how many of it came
     * @param problems one line each
     */
    record Tell(Map<String, Integer> counts, List<String> problems) implements Work {
    }

    /** @param named domains that have to be read whatever the list has of them */
    record ListAll(Set<DomainId> named) implements Work {
    }

    record Read(DomainId id) implements Work {
    }

    /** Say which of these libvirt does not have any more, and give the others back to be read one by one. */
    record Sift(Set<DomainId> named) implements Work {
    }

    /** The connection is gone. */
    record Lost(String reason) implements Work {
    }

    /** No more work, ever. */
    record Closed() implements Work {
    }
}
