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
    private final long[] guestStart;
    private final long[] userStart;
    private final long[] size;
    private final long[] host;

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

    public GuestMemory(List<Region> regions) {
        this.regions = List.copyOf(regions);
        int count = regions.size();
        guestStart = new long[count];
        userStart = new long[count];
        size = new long[count];
        host = new long[count];
        for (int i = 0; i < count; i++) {
            Region region = regions.get(i);
            guestStart[i] = region.guestAddress;
            userStart[i] = region.userAddress;
            size[i] = region.size;
            host[i] = region.mapping.address() + region.offset;
        }
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
        return translate(guestStart, guestAddress, length);
    }

    /** The same for an address of the front-end's own, as messages say it. */
    public long translateUser(long userAddress, long length) {
        return translate(userStart, userAddress, length);
    }

    /** The same for the guest address that lies at an address of this process, for the dirty log. */
    public long guestAddressOf(long address) {
        for (int i = 0; i < host.length; i++) {
            long offset = address - host[i];
            if (offset >= 0 && offset < size[i]) {
                return guestStart[i] + offset;
            }
        }
        throw new IllegalArgumentException("address " + Long.toHexString(address) + " lies in no region");
    }

    /** How many bytes from here on lie in one region; 0 where none do. */
    public long contiguous(long guestAddress) {
        for (int i = 0; i < guestStart.length; i++) {
            long offset = guestAddress - guestStart[i];
            if (offset >= 0 && offset < size[i]) {
                return size[i] - offset;
            }
        }
        return 0;
    }

    private long translate(long[] start, long address, long length) {
        for (int i = 0; i < start.length; i++) {
            long offset = address - start[i];
            // Both sides hold for whatever a guest says: an offset that wrapped is negative or too large.
            if (offset >= 0 && offset <= size[i] - length) {
                return host[i] + offset;
            }
        }
        return NOWHERE;
    }
}
