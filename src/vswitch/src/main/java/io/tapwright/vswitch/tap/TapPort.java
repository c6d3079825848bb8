package io.tapwright.vswitch.tap;

import io.tapwright.vswitch.forward.Offloads;
import io.tapwright.vswitch.forward.Port;
import io.tapwright.vswitch.forward.PortCounters;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.forward.SenderDrops;
import io.tapwright.vswitch.forward.Source;
import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.VirtioNetHeader;
import io.tapwright.vswitch.memory.Memory;
import io.tapwright.vswitch.memory.SpinLock;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.LibC;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A tap as a port: a system call a frame, each way. Frames are read into the port's own buffer and written from where
 * they lie. Segments of 64 KB and partial checksums pass as they are, both ways.
 *
 * <p>One worker receives, any worker sends; the loop takes both locks to change what they stand on.
 */
final class TapPort implements Port, Source {

    private static final int CLOSED = -1;

    /** The longest that the kernel gives: a frame and the header before it. */
    private static final int ROOM = VirtioNetHeader.LENGTH + Frame.LONGEST;
    /**
     * A batch of small frames fills {@link FrameBatch#CAPACITY} slots and lies close together, one of whole segments ends
     * with the buffer: more would push the receiver's memory out of the cache.
     */
    private static final int BUFFER = 8 * ROOM;
    private static final int ALIGNMENT = 64;

    /** So often it reads in vain before it waits to be called. */
    private static final int TRIES = 8;

    /** {@code struct iovec { void *iov_base; size_t iov_len; }}. */
    private static final int IOVEC = 16;
    /** UIO_MAXIOV of include/uapi/linux/uio.h. */
    private static final int MOST_VECTORS = 1024;

    private final Segment segment;
    private final int number;
    private final Runnable onGone;

    private final SpinLock receiving = new SpinLock();
    private final LibC reader = new LibC();
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER, ALIGNMENT);
    /** With {@link #receiving}, as {@link #writeFd} is with {@link #sending}; {@link #CLOSED} where there is no tap. */
    private int readFd = CLOSED;
    private boolean held;

    // The receiving worker's alone.
    /** There may be something to read. */
    private boolean called;
    private int vain;
    private long framesIn;
    private long bytesIn;
    private long invalidIn;
    private final SenderDrops drops = new SenderDrops();

    private final SpinLock sending = new SpinLock();
    private final LibC writer = new LibC();
    private final MemorySegment header = Arena.ofAuto().allocate(16, 16);
    private final MemorySegment vectors = Arena.ofAuto().allocate((long) IOVEC * MOST_VECTORS, 16);
    private int writeFd = CLOSED;
    private long framesOut;
    private long bytesOut;
    private long full;
    private long notReady;
    private long invalidOut;

    /** @param onGone is told when the tap is found deleted, perhaps more than once; on a worker's thread, returns at once */
    TapPort(Segment segment, Runnable onGone) {
        this.segment = segment;
        this.onGone = onGone;
        // In bounds: the first of the vectors, for the header that comes before every frame.
        Memory.putLong(vectors.address(), header.address());
        Memory.putLong(vectors.address() + 8, VirtioNetHeader.LENGTH);
        number = segment.add(this);
    }

    // -- the loop -------------------------------------------------------------------------------

    /** From now on frames pass, once a worker looks after it. */
    void attach(Fd tap) {
        set(tap.number());
    }

    /** No worker uses the tap any more once this returns. */
    void detach() {
        set(CLOSED);
    }

    private void set(int fd) {
        receiving.lock();
        readFd = fd;
        receiving.unlock();
        sending.lock();
        writeFd = fd;
        sending.unlock();
    }

    PortCounters counters() {
        return new PortCounters(framesIn, bytesIn, framesOut, bytesOut, full, invalidIn + drops.invalid() + invalidOut, notReady,
                drops.hairpin(), drops.linkLocal());
    }

    // -- what the kernel sends: its worker ------------------------------------------------------

    @Override
    public boolean receive(FrameBatch batch) {
        if (!called || !receiving.tryLock()) {
            return false;
        }
        held = true;
        if (readFd != CLOSED) {
            read(batch);
        } else {
            called = false;
        }
        if (batch.count > 0) {
            vain = 0;
            return true;
        }
        unlock();
        return false;
    }

    private void read(FrameBatch batch) {
        long sum = 0;
        int used = 0;
        while (batch.count < FrameBatch.CAPACITY && used <= BUFFER - ROOM) {
            long address = buffer.address() + used;
            // In bounds: ROOM bytes from here on are the buffer's.
            long got = reader.read(readFd, address, ROOM);
            if (got < 0) {
                onNothing((int) -got);
                break;
            }
            int length = (int) got - VirtioNetHeader.LENGTH;
            if (length < Frame.LEAST || got == ROOM) {
                // Nothing that the kernel does: less than a frame, or more than there was room for.
                invalidIn++;
                continue;
            }
            describe(batch.frames[batch.count++], address, length);
            sum += length;
            used += (int) got + ALIGNMENT - 1 & -ALIGNMENT;
        }
        framesIn += batch.count;
        bytesIn += sum;
    }

    private void onNothing(int errno) {
        if (errno == LibC.EAGAIN) {
            // Where frames follow each other closely the next is there before epoll has said so.
            if (++vain >= TRIES) {
                called = false;
            }
        } else if (errno != LibC.EINTR) {
            called = false;
            onGone.run();
        }
    }

    private static void describe(Frame frame, long address, int length) {
        // In bounds: the kernel has written a header and at least Frame.LEAST bytes.
        frame.readHeader(address);
        frame.readAddresses(address + VirtioNetHeader.LENGTH);
        frame.length = length;
        frame.parts = 1;
    }

    @Override
    public void giveBack(FrameBatch batch) {
        unlock();
    }

    @Override
    public void abandon(String why) {
        if (held) {
            unlock();
        }
    }

    private void unlock() {
        held = false;
        receiving.unlock();
    }

    @Override
    public int port() {
        return number;
    }

    @Override
    public Segment segment() {
        return segment;
    }

    @Override
    public SenderDrops drops() {
        return drops;
    }

    /** What is there already the worker's epoll says at once. */
    @Override
    public boolean askForCalls() {
        return true;
    }

    @Override
    public void doWithoutCalls() {
        // The kernel tells those who wait, and costs nothing otherwise.
    }

    @Override
    public boolean isCalledByWrites() {
        return false;
    }

    @Override
    public void called() {
        called = true;
        vain = 0;
    }

    // -- what the kernel is to have: any worker -------------------------------------------------

    @Override
    public void send(FrameBatch batch, int[] picks, int count) {
        sending.lock();
        try {
            for (int i = 0; i < count; i++) {
                if (writeFd == CLOSED || !write(batch, batch.frames[picks[i]])) {
                    notReady += count - i;
                    return;
                }
            }
        } finally {
            sending.unlock();
        }
    }

    /** @return false where the tap takes nothing */
    private boolean write(FrameBatch batch, Frame frame) {
        if (frame.parts >= MOST_VECTORS) {
            invalidOut++;
            return true;
        }
        // In bounds: the header has room for 16 bytes, and there are more vectors than the frame has parts.
        Memory.putLong(header.address(), frame.offload);
        Memory.putInt(header.address() + VirtioNetHeader.CHECKSUM_OFFSET, frame.checksumOffset);
        long vector = vectors.address() + IOVEC;
        if (frame.parts == 1) {
            Memory.putLong(vector, frame.address);
            Memory.putLong(vector + 8, frame.length);
        } else {
            for (int i = 0; i < frame.parts; i++) {
                Memory.putLong(vector + (long) IOVEC * i, batch.pieces.address[frame.firstPart + i]);
                Memory.putLong(vector + (long) IOVEC * i + 8, batch.pieces.length[frame.firstPart + i]);
            }
        }
        // A sender's memory that has been cut off meanwhile is no fault here: the kernel answers EFAULT.
        long written = writer.writev(writeFd, vectors.address(), 1 + frame.parts);
        if (written >= 0) {
            framesOut++;
            bytesOut += frame.length;
            return true;
        }
        switch ((int) -written) {
            case LibC.EAGAIN, LibC.ENOBUFS, LibC.ENOMEM -> full++;
            case LibC.EIO -> {
                return false;
            }
            case LibC.EBADFD -> {
                onGone.run();
                return false;
            }
            default -> invalidOut++;
        }
        return true;
    }

    /** Both ways: what the kernel has agreed to, and what it was told that we do (TUNSETOFFLOAD). */
    @Override
    public int offloads() {
        return Offloads.CHECKSUM | Offloads.TCP4_SEGMENTS | Offloads.TCP6_SEGMENTS | Offloads.ECN;
    }
}
