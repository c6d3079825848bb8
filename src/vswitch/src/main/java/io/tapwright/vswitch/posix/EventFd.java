package io.tapwright.vswitch.posix;

import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Counters that wake whoever waits for them (eventfd(2)), our own or a peer's. One thread. */
public final class EventFd {

    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;

    private final MemorySegment buffer = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);

    public static Fd create() {
        return Fd.owning(Fd.checked("eventfd", new LibC().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
    }

    /** Makes it readable. One that is full already is as good: what a peer does to its own is nobody else's trouble. */
    public void signal(int fd) {
        // In bounds: eight bytes of the buffer, which has as many.
        Memory.putLong(buffer.address(), 1);
        LibC.tryWrite(fd, buffer.address(), Long.BYTES);
    }

    /** Makes it unreadable; true if it was readable. */
    public boolean drain(int fd) {
        // In bounds: read writes at most the eight bytes that the buffer has.
        return LibC.tryRead(fd, buffer.address(), Long.BYTES) == Long.BYTES;
    }
}
