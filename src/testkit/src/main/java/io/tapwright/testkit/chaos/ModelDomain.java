package io.tapwright.testkit.chaos;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** A domain as it should be by what was done to it. The thread that does things owns it. */
final class ModelDomain {

    final String name;
    final String uuid;
    Optional<DomainForm> config = Optional.empty();
    Optional<DomainForm> live = Optional.empty();

    /** NICs of the running machine whose tap somebody deleted, so that QEMU holds one that is no more. */
    final Set<String> torn = new HashSet<>();

    ModelDomain(String name, String uuid) {
        this.name = name;
        this.uuid = uuid;
    }

    boolean isRunning() {
        return live.isPresent();
    }

    void started(DomainForm form) {
        live = Optional.of(form);
        torn.clear();
    }

    void stopped() {
        live = Optional.empty();
        torn.clear();
    }

    /** Neither defined nor running: there is no such domain any more. */
    boolean isGone() {
        return config.isEmpty() && live.isEmpty();
    }
}
