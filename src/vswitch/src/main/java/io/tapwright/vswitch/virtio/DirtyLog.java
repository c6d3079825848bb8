package io.tapwright.vswitch.virtio;

import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.Memory;

/**
 * Which pages of a guest were written to, a bit each, for a migration to read (VHOST_USER_SET_LOG_BASE). The front-end
 * clears bits while they are set here.
 *
 * @param address of the bits in this process, a multiple of four; 0 while there is nothing to log
 * @param length  of the bits, in bytes
 */
public record DirtyLog(long address, long length) {

    public static final DirtyLog OFF = new DirtyLog(0, 0);

    private static final int PAGE_SHIFT = 12;

    boolean isOn() {
        return address != 0;
    }

    /** Memory of this process that the table maps was written to. */
    void written(long where, long count, GuestMemory memory) {
        if (count <= 0) {
            return;
        }
        long guest = memory.guestAddressOf(where);
        for (long page = guest >>> PAGE_SHIFT; page <= guest + count - 1 >>> PAGE_SHIFT; page++) {
            long word = page >>> 5 << 2;
            // In bounds: a whole word within the log. A page beyond it is none the front-end asked for.
            if (word >= 0 && word <= length - 4) {
                Memory.orInt(address + word, 1 << (page & 31));
            }
        }
    }
}
