package io.tapwright.hostnet.posix;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory outside of the heap that C and Java both see: C by {@link #pointer()}, Java by {@link #bytes()}, which checks
 * every access against the size. Zeroed when made, freed with the object.
 */
public final class NativeBuffer {

    private final Memory memory;
    private final ByteBuffer bytes;

    public NativeBuffer(int size) {
        memory = new Memory(size);
        memory.clear();
        bytes = memory.getByteBuffer(0, size).order(ByteOrder.nativeOrder());
    }

    /** The whole of it in native byte order; position and limit are the caller's to set. */
    public ByteBuffer bytes() {
        return bytes;
    }

    public int size() {
        return bytes.capacity();
    }

    Pointer pointer() {
        return memory;
    }
}
