package io.tapwright.vswitch.posix;

/**
 * A part of a file in this process's memory, shared with whoever else maps it (mmap(2), MAP_SHARED). Whoever closes it
 * has seen to it that no thread reads or writes there any more.
 *
 * @param address of its first byte
 * @param length  in bytes
 */
public record Mapping(long address, long length) implements AutoCloseable {

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int MAP_NORESERVE = 0x4000;

    /** @param offset a multiple of the file's page size */
    public static Mapping of(Fd file, long offset, long length) {
        long address = new LibC().mmap(0, length, PROT_READ_WRITE, MAP_SHARED | MAP_NORESERVE, file.number(), offset);
        if (address < 0) {
            throw new SystemCallException("mmap " + length + " bytes at " + offset, (int) -address);
        }
        return new Mapping(address, length);
    }

    @Override
    public void close() {
        new LibC().munmap(address, length);
    }
}
