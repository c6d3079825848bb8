package io.tapwright.vswitch.memory;

import io.tapwright.vswitch.posix.Mapping;
import java.util.List;

/**
 * What a guest has shared of its memory, and where it lies in this process. Every address that a guest gives goes
 * through here: what {@link #translate} answers is in bounds for as long as this table is in force.
 *
 * <p>Immutable. The mappings belong to whoever made the table.
 */
public final class GuestMemory {

    /** No such memory. No mapping begins at address 0. */
    public static final long NOWHERE = 0;

    public static final GuestMemory NONE = new GuestMemory(List.of());

    private final List<Region> regions;
    private final Range[] guest;
    private final Range[] user;

    /**
     * A range of a guest's memory (struct VhostUserMemoryRegion of QEMU's docs/interop/vhost-user.rst).
     *
     * @param guestAddress as the guest's descriptors say it
     * @param userAddress  as the front-end's messages say it
     * @param size         in bytes
     * @param offset       of the range's begin in the mapping
     */
    public record Region(long guestAddress, long userAddress, long size, Mapping mapping, long offset) {

        public Region {
            if (size <= 0 || offset < 0 || offset > mapping.length() - size) {
                throw new IllegalArgumentException("region of " + size + " bytes at " + offset + " of a mapping of "
                        + mapping.length() + " bytes");
            }
        }
    }

    /**
     * Addresses of a guest's, or of a front-end's own, that are mapped in one piece.
     *
     * @param start of them
     * @param size  in bytes
     * @param host  where the first lies in this process
     */
    public record Range(long start, long size, long host) {

        public static final Range NONE = new Range(0, -1, NOWHERE);

        /** Where {@code length} bytes lie, or {@link #NOWHERE}; {@code length} is not negative. */
        public long translate(long address, long length) {
            long offset = address - start;
            // Both sides hold for whatever a guest says: an offset that wrapped is negative or too large.
            return offset >= 0 && offset <= size - length ? host + offset : NOWHERE;
        }

        /** How many bytes there are from an address on, one that it holds. */
        public long left(long address) {
            return size - (address - start);
        }
    }

    public GuestMemory(List<Region> regions) {
        this.regions = List.copyOf(regions);
        guest = regions.stream().map(r -> new Range(r.guestAddress, r.size, r.mapping.address() + r.offset)).toArray(Range[]::new);
        user = regions.stream().map(r -> new Range(r.userAddress, r.size, r.mapping.address() + r.offset)).toArray(Range[]::new);
    }

    public List<Region> regions() {
        return regions;
    }

    /**
     * Where a range of the guest's lies in this process.
     *
     * @param length in bytes, not negative
     * @return its address here, all {@code length} bytes being in one mapping, or {@link #NOWHERE}
     */
    public long translate(long guestAddress, long length) {
        return rangeOf(guestAddress, length).translate(guestAddress, length);
    }

    /** The range that holds all of it, or {@link Range#NONE}. */
    public Range rangeOf(long guestAddress, long length) {
        return rangeOf(guest, guestAddress, length);
    }

    /** The same as {@link #translate} for an address of the front-end's own, as messages say it. */
    public long translateUser(long userAddress, long length) {
        return rangeOf(user, userAddress, length).translate(userAddress, length);
    }

    private static Range rangeOf(Range[] ranges, long address, long length) {
        for (Range range : ranges) {
            if (range.translate(address, length) != NOWHERE) {
                return range;
            }
        }
        return Range.NONE;
    }

    /** The guest's address of what lies at an address of this process, for the dirty log. */
    public long guestAddressOf(long address) {
        for (Range range : guest) {
            long offset = address - range.host;
            if (offset >= 0 && offset < range.size) {
                return range.start + offset;
            }
        }
        throw new IllegalArgumentException("address " + Long.toHexString(address) + " lies in no region");
    }
}
