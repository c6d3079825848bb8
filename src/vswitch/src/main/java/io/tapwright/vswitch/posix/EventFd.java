package io.tapwright.vswitch.posix;

import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Counters that wake whoever waits for them (eventfd(2)), our own or a peer's. One thread. */
public final class EventFd {

    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;
    /** include/uapi/asm-generic/poll.h */
    private static final int POLLOUT = 4;

    private final MemorySegment buffer = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);

    public static Fd create() {
        return Fd.owning(Fd.checked("eventfd", new LibC().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
    }

    /** Makes one of our own readable; one that is full already is. */
    public void signal(int fd) {
        // In bounds: eight bytes of the buffer, which has as many.
        Memory.putLong(buffer.address(), 1);
        LibC.tryWrite(fd, buffer.address(), Long.BYTES);
    }

    /**
     * Makes a peer's readable. If he has it wait, a {@link CallingThread} is got out by a {@link Watchdog}.
     *
     * @return false if its counter is full, or was: which takes 2^64 calls, or a peer who fills it
     */
    public boolean call(int fd) {
        // In bounds: eight bytes of the buffer, which has as many.
        Memory.putLong(buffer.address(), 1);
        if (Thread.currentThread() instanceof CallingThread caller) {
            caller.begin(fd);
            long written = LibC.tryWrite(fd, buffer.address(), Long.BYTES);
            return !caller.end() && written == Long.BYTES;
        }
        return LibC.tryWrite(fd, buffer.address(), Long.BYTES) == Long.BYTES;
    }

    /** True if nothing can be added to its counter: a write of 1 fails, or waits (eventfd(2), POLLOUT). */
    static boolean isFull(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            // In bounds, here and below: struct pollfd { int fd; short events; short revents; }.
            MemorySegment poll = arena.allocate(Long.BYTES, Long.BYTES);
            Memory.putInt(poll.address(), fd);
            Memory.putShort(poll.address() + 4, POLLOUT);
            return LibC.tryPoll(poll.address(), 1, 0) >= 0 && (Memory.getShort(poll.address() + 6) & POLLOUT) == 0;
        }
    }

    /** Makes one of our own unreadable; true if it was readable. */
    public boolean drain(int fd) {
        // In bounds: read writes at most the eight bytes that the buffer has.
        return LibC.tryRead(fd, buffer.address(), Long.BYTES) == Long.BYTES;
    }
}
