package io.tapwright.vswitch.posix;

/**
 * A part of a file in this process's memory, shared with whoever else maps it (mmap(2), MAP_SHARED), and guarded against
 * the file's being made smaller. Whoever closes it has seen to it that no thread reads or writes there any more.
 *
 * @param address of its first byte
 * @param length  in bytes
 * @param guard   the entry of {@link MemoryGuard}
 */
public record Mapping(long address, long length, long guard) implements AutoCloseable {

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int MAP_NORESERVE = 0x4000;

    /** @param offset a multiple of the file's page size */
    public static Mapping of(Fd file, long offset, long length) {
        LibC c = new LibC();
        long address = c.mmap(0, length, PROT_READ_WRITE, MAP_SHARED | MAP_NORESERVE, file.number(), offset);
        if (address < 0) {
            throw new SystemCallException("mmap " + length + " bytes at " + offset, (int) -address);
        }
        try {
            return new Mapping(address, length, MemoryGuard.add(address, length));
        } catch (IllegalStateException e) {
            c.munmap(address, length);
            throw e;
        }
    }

    /** True once something of it could not be had: it is zeros from then on, and nobody else's. */
    public boolean isCutOff() {
        return MemoryGuard.isCut(guard);
    }

    @Override
    public void close() {
        MemoryGuard.remove(guard);
        new LibC().munmap(address, length);
    }
}
