package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.virtio.DirtyLog;

/**
 * What a front-end's rings stand on, all of them.
 *
 * @param memory     that they and their buffers are in
 * @param eventIndex whether VIRTIO_F_EVENT_IDX was agreed on
 * @param log        of what is written to the memory, while a migration asks for it
 */
record Footing(GuestMemory memory, boolean eventIndex, DirtyLog log) {
}
