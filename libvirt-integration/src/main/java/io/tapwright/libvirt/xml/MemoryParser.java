package io.tapwright.libvirt.xml;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds out whether a domain's memory is shared (libvirt: docs/formatdomain.rst, "Memory Backing" and "Guest NUMA node
 * tuning"): {@code <access mode>} says it for all of it, a NUMA cell's {@code memAccess} for that cell. Huge pages alone
 * share nothing.
 */
final class MemoryParser {

    private static final String SHARED = "shared";

    private Optional<String> access = Optional.empty();
    private final List<Optional<String>> cells = new ArrayList<>();

    /** The cursor stands in {@code <memoryBacking>}, a child of the root. */
    void backing(XmlCursor cursor) {
        while (cursor.nextChild(2)) {
            if (cursor.plainName().equals("access")) {
                access = cursor.attribute("mode");
            }
        }
    }

    /** The cursor stands in {@code <cpu>}, a child of the root. */
    void cpu(XmlCursor cursor) {
        while (cursor.nextChild(2)) {
            if (cursor.plainName().equals("numa")) {
                while (cursor.nextChild(3)) {
                    if (cursor.plainName().equals("cell")) {
                        cells.add(cursor.attribute("memAccess"));
                    }
                }
            }
        }
    }

    boolean isShared() {
        return cells.isEmpty()
                ? access.equals(Optional.of(SHARED))
                : cells.stream().allMatch(cell -> cell.or(() -> access).equals(Optional.of(SHARED)));
    }
}
