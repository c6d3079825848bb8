package io.tapwright.control;

import io.tapwright.model.DomainId;

/** What there is to look at again; says nothing of why. */
sealed interface Key {

    /** All NICs of one domain, known or gone. */
    record Domain(DomainId id) implements Key {
        @Override
        public String toString() {
            return "domain " + id;
        }
    }

    /** A network's bridge and uplink. */
    record Network(String name) implements Key {
        @Override
        public String toString() {
            return "network '" + name + "'";
        }
    }

    /** Every device of the host: find out anew what is ours, and what is not as it should be. */
    record Sweep() implements Key {
        @Override
        public String toString() {
            return "the devices of the host";
        }
    }

    /** The taps that nothing wants any more. */
    record Disposal() implements Key {
        @Override
        public String toString() {
            return "the taps to be deleted";
        }
    }

    /** Nothing: proof that keys are being taken. */
    record Probe() implements Key {
        @Override
        public String toString() {
            return "the probe";
        }
    }

    /** For metrics and messages. */
    default String kind() {
        return switch (this) {
            case Domain d -> "domain";
            case Network n -> "network";
            case Sweep s -> "sweep";
            case Disposal d -> "disposal";
            case Probe p -> "probe";
        };
    }
}
