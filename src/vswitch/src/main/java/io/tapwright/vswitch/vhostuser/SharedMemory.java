package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.GuestMemory.Region;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.Mapping;
import java.util.ArrayList;
import java.util.List;

/**
 * The regions that a front-end has shared, mapped. Immutable: a change makes another one, which shares the mappings that
 * stay. The control thread's.
 */
final class SharedMemory {

    /** What GET_MAX_MEM_SLOTS answers. */
    static final int MOST_REGIONS = 32;

    static final SharedMemory NONE = new SharedMemory(List.of());

    private final List<Shared> shared;
    private final GuestMemory table;

    /** @param file kept open where it may be cut off under us, to be able to tell; null otherwise */
    private record Shared(Region region, Fd file, long fileBytes) {
    }

    private SharedMemory(List<Shared> shared) {
        this.shared = shared;
        table = new GuestMemory(shared.stream().map(Shared::region).toList());
    }

    GuestMemory table() {
        return table;
    }

    /**
     * With one region more.
     *
     * @param file of the memory; taken over, also where this fails
     */
    SharedMemory with(long guestAddress, long size, long userAddress, long fileOffset, Fd file) {
        boolean kept = false;
        try {
            if (shared.size() == MOST_REGIONS) {
                throw new ProtocolException("more than " + MOST_REGIONS + " memory regions");
            }
            if (size <= 0 || fileOffset < 0 || fileOffset > Long.MAX_VALUE - size) {
                throw new ProtocolException("a memory region of " + size + " bytes at " + fileOffset + " of its file");
            }
            for (Shared other : shared) {
                if (overlap(guestAddress, size, other.region.guestAddress(), other.region.size())) {
                    throw new ProtocolException("memory regions that overlap at guest address 0x" + Long.toHexString(guestAddress));
                }
            }
            long fileBytes = file.size();
            if (fileOffset + size > fileBytes) {
                throw new ProtocolException("a memory region up to " + (fileOffset + size) + " of a file of " + fileBytes + " bytes");
            }
            long page = file.pageSize();
            long from = fileOffset - fileOffset % page;
            long length = (fileOffset - from + size + page - 1) / page * page;
            Mapping mapping = Mapping.of(file, from, length);
            List<Shared> more = new ArrayList<>(shared);
            kept = !file.cannotShrink();
            more.add(new Shared(new Region(guestAddress, userAddress, size, mapping, fileOffset - from),
                    kept ? file : null, fileBytes));
            return new SharedMemory(List.copyOf(more));
        } finally {
            if (!kept) {
                file.close();
            }
        }
    }

    private static boolean overlap(long a, long aSize, long b, long bSize) {
        // Differences, since the addresses are unsigned.
        return b - a >= 0 && b - a < aSize || a - b >= 0 && a - b < bSize;
    }

    /** Without the region that has just these bounds. */
    SharedMemory without(long guestAddress, long size, long userAddress) {
        List<Shared> rest = shared.stream().filter(s -> s.region.guestAddress() != guestAddress
                || s.region.size() != size || s.region.userAddress() != userAddress).toList();
        if (rest.size() == shared.size()) {
            throw new ProtocolException("no memory region of " + size + " bytes at guest address 0x"
                    + Long.toHexString(guestAddress));
        }
        return new SharedMemory(rest);
    }

    /** Whether one of the files has become smaller, so that there is no memory any more behind addresses of ours. */
    boolean isCutOff() {
        return shared.stream().anyMatch(s -> s.file != null && s.file.size() < s.fileBytes);
    }

    /** Unmaps what {@code next} does not have; no worker uses it any more. */
    void release(SharedMemory next) {
        for (Shared each : shared) {
            if (!next.shared.contains(each)) {
                each.region.mapping().close();
                if (each.file != null) {
                    each.file.close();
                }
            }
        }
    }
}
