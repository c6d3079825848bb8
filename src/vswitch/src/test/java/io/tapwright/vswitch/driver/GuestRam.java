package io.tapwright.vswitch.driver;

import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.Mapping;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A guest's memory: a memfd, mapped here as the guest has it. Addresses of tests are offsets in it. */
public final class GuestRam implements AutoCloseable {

    /** Where the guest sees its begin; not the same as the front-end's, so that mixing them up shows. */
    public static final long GUEST = 0x1_0000_0000L;
    /** Where the front-end says that it has it. */
    public static final long USER = 0x7f00_0000_0000L;

    public final Fd file;
    private final Mapping mapping;

    public GuestRam(long size) {
        file = Fd.memory("guest", size);
        mapping = Mapping.of(file, 0, size);
    }

    public long size() {
        return mapping.length();
    }

    public static long guest(long offset) {
        return GUEST + offset;
    }

    public static long user(long offset) {
        return USER + offset;
    }

    /** The address in this process of {@code length} bytes. */
    public long at(long offset, long length) {
        if (offset < 0 || length < 0 || offset > size() - length) {
            throw new IndexOutOfBoundsException(length + " bytes at " + offset + " of " + size());
        }
        return mapping.address() + offset;
    }

    public void put(long offset, byte[] bytes) {
        MemorySegment.copy(bytes, 0, segment(offset, bytes.length), ValueLayout.JAVA_BYTE, 0, bytes.length);
    }

    public byte[] bytes(long offset, int length) {
        return segment(offset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    private MemorySegment segment(long offset, long length) {
        return MemorySegment.ofAddress(at(offset, length)).reinterpret(length);
    }

    public void fill(long offset, long length, int value) {
        segment(offset, length).fill((byte) value);
    }

    /** As a table of one region, for tests without a front-end. */
    public GuestMemory memory() {
        return new GuestMemory(List.of(new GuestMemory.Region(GUEST, USER, size(), mapping, 0)));
    }

    @Override
    public void close() {
        mapping.close();
        file.close();
    }
}
