package io.tapwright.vswitch.posix;

import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Waits for many descriptors (epoll(7)), for input. One thread waits; {@link #add} and {@link #remove}
 * may come from another.
 */
public final class Epoll implements AutoCloseable {

    /** An instance's event: struct epoll_event of include/uapi/linux/eventpoll.h, packed on x86-64 only. */
    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");
    private static final int EVENT_SIZE = PACKED ? 12 : 16;
    private static final int DATA = PACKED ? 4 : 8;

    public static final int EPOLLIN = 1;
    public static final int EPOLLOUT = 4;
    private static final int EPOLLET = 1 << 31;
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int ADD = 1;
    private static final int DELETE = 2;
    private static final int MODIFY = 3;

    private final int most;
    private final Fd fd;
    private final MemorySegment events;

    /** @param most how many are told of at once */
    public Epoll(int most) {
        this.most = most;
        fd = Fd.owning(Fd.checked("epoll_create1", new LibC().epollCreate1(EPOLL_CLOEXEC)));
        events = Arena.ofAuto().allocate((long) EVENT_SIZE * most, 8);
    }

    /** @param data what {@link #data} answers when {@code input} has something to read, or its other end is gone */
    public void add(Fd input, long data) {
        control("add", ADD, input, EPOLLIN, data);
    }

    /**
     * Tells of it once whenever somebody has written to it, and whether or not anybody reads that (EPOLLET): an eventfd's
     * every write wakes those who wait for it (fs/eventfd.c, eventfd_write and eventfd_signal).
     */
    public void addForWrites(Fd input, long data) {
        control("add", ADD, input, EPOLLIN | EPOLLET, data);
    }

    /** Waits for what {@code interest} says from now on: {@link #EPOLLIN}, {@link #EPOLLOUT} or both. */
    public void modify(Fd input, int interest, long data) {
        control("modify", MODIFY, input, interest, data);
    }

    public void remove(Fd input) {
        control("remove", DELETE, input, 0, 0);
    }

    private void control(String what, int operation, Fd input, int interest, long data) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(EVENT_SIZE, 8);
            // In bounds: both within the EVENT_SIZE bytes allocated above.
            Memory.putInt(event.address(), interest);
            Memory.putLong(event.address() + DATA, data);
            Fd.checked("epoll_ctl " + what, new LibC().epollCtl(fd.number(), operation, input.number(), event.address()));
        }
    }

    /**
     * Waits.
     *
     * @param timeoutMillis 0 not to wait at all, -1 for ever
     * @return how many are ready; a signal ends the wait with 0
     */
    public int await(int timeoutMillis) {
        // In bounds: the kernel writes at most `most` events, for which there is room.
        int ready = LibC.epollWait(fd.number(), events.address(), most, timeoutMillis);
        // It fails for a signal only: the descriptor is open, and the events have their place.
        return Math.max(ready, 0);
    }

    /** What the ready one of this number was added with. */
    public long data(int number) {
        // In bounds: checkIndex holds it to the events there is room for.
        return Memory.getLong(events.address() + (long) Objects.checkIndex(number, most) * EVENT_SIZE + DATA);
    }

    @Override
    public void close() {
        fd.close();
    }
}
