package io.tapwright.vswitch.posix;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An open file descriptor with one owner, who closes it; O_CLOEXEC.
 *
 * <p>Not for two threads at once: whoever closes it has seen to it that nobody uses it.
 */
public final class Fd implements AutoCloseable {

    // include/uapi/asm-generic/fcntl.h
    public static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_NONBLOCK = 0x800;
    private static final int F_SETFL = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_GET_SEALS = 1034;
    static final int F_SEAL_SHRINK = 2;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int SEEK_END = 2;

    private static final long STATFS_SIZE = 120;
    /** include/uapi/linux/magic.h */
    private static final long HUGETLBFS_MAGIC = 0x958458f6L;
    private static final long FUSE_MAGIC = 0x65735546L;
    /** Large enough for every kernel that this runs on: 4 KiB on x86-64, up to 64 KiB on others. */
    private static final long PAGE_SIZE = System.getProperty("os.arch").equals("amd64") ? 4096 : 65536;

    private static final int CLOSED = -1;

    private int number;

    private Fd(int number) {
        this.number = number;
    }

    /** Takes over a descriptor that a system call made. */
    static Fd owning(int number) {
        return new Fd(number);
    }

    /** Opens a file, which does not block. */
    public static Fd open(Path path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            return new Fd(checked("open " + path, new LibC().open(name.address(), flags | O_CLOEXEC | O_NONBLOCK, 0)));
        }
    }

    /** Memory of its own that can be sent to another process, of {@code size} bytes, all zero. */
    public static Fd memory(String name, long size) {
        try (Arena arena = Arena.ofConfined()) {
            LibC c = new LibC();
            Fd fd = new Fd(checked("memfd_create", c.memfdCreate(arena.allocateFrom(name).address(), MFD_CLOEXEC | MFD_ALLOW_SEALING)));
            try {
                fd.truncate(size);
                return fd;
            } catch (SystemCallException e) {
                fd.close();
                throw e;
            }
        }
    }

    public int number() {
        if (number == CLOSED) {
            throw new IllegalStateException("the file descriptor is closed");
        }
        return number;
    }

    public boolean isOpen() {
        return number != CLOSED;
    }

    /** Makes reads and writes answer EAGAIN where they would wait. */
    public void setNonBlocking() {
        checked("fcntl F_SETFL", new LibC().fcntl(number(), F_SETFL, O_NONBLOCK));
    }

    /** The size of the file; seeks to its end. */
    public long size() {
        long size = new LibC().lseek(number(), 0, SEEK_END);
        if (size < 0) {
            throw new SystemCallException("lseek", (int) -size);
        }
        return size;
    }

    /** How large a page of the file is, which mappings of it come in: more than 4 KiB on hugetlbfs. */
    public long pageSize() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statfs = statfs(arena);
            return statfs.get(ValueLayout.JAVA_LONG, 0) == HUGETLBFS_MAGIC ? statfs.get(ValueLayout.JAVA_LONG, Long.BYTES) : PAGE_SIZE;
        }
    }

    /** True for a file that a process provides (FUSE): whoever touches its memory waits for as long as that likes. */
    public boolean isProvidedByAProcess() {
        try (Arena arena = Arena.ofConfined()) {
            return statfs(arena).get(ValueLayout.JAVA_LONG, 0) == FUSE_MAGIC;
        }
    }

    /** struct statfs of include/uapi/asm-generic/statfs.h: 120 bytes, f_type and f_bsize first, a long each. */
    private MemorySegment statfs(Arena arena) {
        MemorySegment statfs = arena.allocate(STATFS_SIZE, Long.BYTES);
        checked("fstatfs", new LibC().fstatfs(number(), statfs.address()));
        return statfs;
    }

    /** True for a counter of eventfd(2): nothing else that is written or read eight bytes of returns at once for sure. */
    public boolean isEventFd() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number())).toString().equals("anon_inode:[eventfd]");
        } catch (IOException e) {
            return false;
        }
    }

    /** Another number for the same open file. */
    public Fd duplicate() {
        return new Fd(checked("fcntl F_DUPFD_CLOEXEC", new LibC().fcntl(number(), F_DUPFD_CLOEXEC, 0)));
    }

    public void truncate(long size) {
        checked("ftruncate", new LibC().ftruncate(number(), size));
    }

    /** True for memory that nobody can make smaller any more (memfd_create(2), F_SEAL_SHRINK). */
    public boolean cannotShrink() {
        int seals = new LibC().fcntl(number(), F_GET_SEALS, 0);
        return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
    }

    /** Closes it; a second time does nothing. */
    @Override
    public void close() {
        if (number != CLOSED) {
            // Linux frees the number whatever close answers, EINTR included: nothing is to be tried again.
            new LibC().close(number);
            number = CLOSED;
        }
    }

    static int checked(String operation, int result) {
        if (result < 0) {
            throw new SystemCallException(operation, -result);
        }
        return result;
    }

    static long checked(String operation, long result) {
        if (result < 0) {
            throw new SystemCallException(operation, (int) -result);
        }
        return result;
    }
}
