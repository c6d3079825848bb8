package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.GuestMemory.Region;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.Mapping;
import io.tapwright.vswitch.posix.MemoryGuard;
import java.util.ArrayList;
import java.util.List;

/**
 * The regions that a front-end has shared, mapped. Immutable: a change makes another one, which shares the mappings that
 * stay. The loop's.
 */
final class SharedMemory {

    /** What GET_MAX_MEM_SLOTS answers. */
    static final int MOST_REGIONS = 32;

    static final SharedMemory NONE = new SharedMemory(List.of());

    private final List<Region> shared;
    private final GuestMemory table;

    private SharedMemory(List<Region> shared) {
        this.shared = shared;
        table = new GuestMemory(shared);
    }

    GuestMemory table() {
        return table;
    }

    /**
     * With one region more.
     *
     * @param file of the memory; closed, also where this fails
     */
    SharedMemory with(long guestAddress, long size, long userAddress, long fileOffset, Fd file) {
        try (file) {
            if (shared.size() == MOST_REGIONS) {
                throw new ProtocolException("more than " + MOST_REGIONS + " memory regions");
            }
            if (size <= 0 || fileOffset < 0 || fileOffset > Long.MAX_VALUE - size) {
                throw new ProtocolException("a memory region of " + size + " bytes at " + fileOffset + " of its file");
            }
            for (Region other : shared) {
                if (overlap(guestAddress, size, other.guestAddress(), other.size())) {
                    throw new ProtocolException("memory regions that overlap at guest address 0x" + Long.toHexString(guestAddress));
                }
            }
            long fileBytes = file.size();
            if (fileOffset + size > fileBytes) {
                throw new ProtocolException("a memory region up to " + (fileOffset + size) + " of a file of " + fileBytes + " bytes");
            }
            if (file.isProvidedByAProcess()) {
                throw new ProtocolException("a memory region whose file another process provides (FUSE)");
            }
            if (!MemoryGuard.isOn() && !file.cannotShrink()) {
                throw new ProtocolException("a memory region whose file can be made smaller, which only x86-64 gets over");
            }
            long page = file.pageSize();
            long from = fileOffset - fileOffset % page;
            long length = (fileOffset - from + size + page - 1) / page * page;
            Mapping mapping = Mapping.of(file, from, length);
            List<Region> more = new ArrayList<>(shared);
            more.add(new Region(guestAddress, userAddress, size, mapping, fileOffset - from));
            return new SharedMemory(List.copyOf(more));
        }
    }

    private static boolean overlap(long a, long aSize, long b, long bSize) {
        // Differences, since the addresses are unsigned.
        return b - a >= 0 && b - a < aSize || a - b >= 0 && a - b < bSize;
    }

    /** Without the region that has just these bounds. */
    SharedMemory without(long guestAddress, long size, long userAddress) {
        List<Region> rest = shared.stream().filter(region -> region.guestAddress() != guestAddress
                || region.size() != size || region.userAddress() != userAddress).toList();
        if (rest.size() == shared.size()) {
            throw new ProtocolException("no memory region of " + size + " bytes at guest address 0x"
                    + Long.toHexString(guestAddress));
        }
        return new SharedMemory(rest);
    }

    /** Whether some of it could not be had when it was used: a file became smaller, or has no memory to give. */
    boolean isCutOff() {
        return shared.stream().anyMatch(region -> region.mapping().isCutOff());
    }

    /** Unmaps what {@code next} does not have; no worker uses it any more. */
    void release(SharedMemory next) {
        for (Region region : shared) {
            if (!next.shared.contains(region)) {
                region.mapping().close();
            }
        }
    }
}
