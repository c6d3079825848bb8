package io.tapwright.model;

import java.util.UUID;

/** A libvirt domain's UUID: the one name of a domain that survives renaming. */
public record DomainId(UUID uuid) implements Comparable<DomainId> {

    public static DomainId of(String text) {
        try {
            return new DomainId(UUID.fromString(text));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("domain UUID '" + text + "': expected 8-4-4-4-12 hex digits", e);
        }
    }

    @Override
    public int compareTo(DomainId other) {
        return uuid.toString().compareTo(other.uuid.toString());
    }

    @Override
    public String toString() {
        return uuid.toString();
    }
}
