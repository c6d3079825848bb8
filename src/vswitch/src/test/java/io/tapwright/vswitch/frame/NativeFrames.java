package io.tapwright.vswitch.frame;

import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Frames in memory, as a port gives them. */
public final class NativeFrames {

    private NativeFrames() {
    }

    /** Adds a frame to a batch, in as many parts as there are lengths besides the first, which takes what is left. */
    public static Frame add(FrameBatch batch, Arena arena, byte[] bytes, long offload, int checksumOffset, int... laterParts) {
        Frame frame = batch.frames[batch.count++];
        frame.length = bytes.length;
        frame.offload = offload;
        frame.checksumOffset = checksumOffset;
        frame.parts = 1 + laterParts.length;
        frame.firstPart = batch.pieces.count;
        int first = bytes.length;
        for (int length : laterParts) {
            first -= length;
        }
        int from = 0;
        for (int part = 0; part <= laterParts.length; part++) {
            int length = part == 0 ? first : laterParts[part - 1];
            MemorySegment memory = arena.allocate(length + 8L, 8);
            MemorySegment.copy(bytes, from, memory, ValueLayout.JAVA_BYTE, 0, length);
            if (part == 0) {
                frame.address = memory.address();
                frame.destination = Memory.getLong(frame.address) & 0xffff_ffff_ffffL;
                frame.source = Memory.getLong(frame.address + 4) >>> 16;
            }
            if (frame.parts > 1) {
                batch.pieces.address[batch.pieces.count] = memory.address();
                batch.pieces.length[batch.pieces.count++] = length;
            }
            from += length;
        }
        return frame;
    }

    /** Cuts a frame of this length at random places behind the Ethernet header; what {@link #add} takes. */
    public static int[] randomParts(Random random, int length) {
        int[] parts = new int[random.nextInt(6)];
        int left = length - Frame.LEAST;
        for (int i = 0; i < parts.length; i++) {
            parts[i] = random.nextInt(left / 2 + 1);
            left -= parts[i];
        }
        return parts;
    }

    public static byte[] bytes(long address, int length) {
        return MemorySegment.ofAddress(address).reinterpret(length).toArray(ValueLayout.JAVA_BYTE);
    }

    public static byte[] bytes(FrameBatch batch, Frame frame) {
        byte[] bytes = new byte[frame.length];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(frame.length);
            FrameReader reader = new FrameReader();
            reader.begin(batch, frame);
            reader.copy(frame.length, memory.address());
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
        }
        return bytes;
    }
}
