package io.tapwright.model;

import java.util.UUID;

/** A libvirt domain's UUID: the one name of a domain that survives renaming. */
public record DomainId(UUID uuid) implements Comparable<DomainId> {

    public static DomainId of(String text) {
        try {
            UUID uuid = UUID.fromString(text);
            if (uuid.toString().equalsIgnoreCase(text)) { // fromString takes "1-2-3-4-5" too
                return new DomainId(uuid);
            }
        } catch (IllegalArgumentException e) {
            // Said below, as for the forms that fromString lets pass.
        }
        throw new IllegalArgumentException("domain UUID '" + text + "': expected 8-4-4-4-12 hex digits");
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
