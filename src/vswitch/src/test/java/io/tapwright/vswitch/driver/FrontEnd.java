package io.tapwright.vswitch.driver;

import io.tapwright.vswitch.posix.Epoll;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.LibC;
import io.tapwright.vswitch.posix.SystemCallException;
import io.tapwright.vswitch.posix.UnixSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The socket of a front-end: messages as they are in QEMU's docs/interop/vhost-user.rst. One thread. */
public final class FrontEnd implements AutoCloseable {

    public static final int GET_FEATURES = 1;
    public static final int SET_FEATURES = 2;
    public static final int SET_OWNER = 3;
    public static final int RESET_OWNER = 4;
    public static final int SET_MEM_TABLE = 5;
    public static final int SET_LOG_BASE = 6;
    public static final int SET_LOG_FD = 7;
    public static final int SET_VRING_NUM = 8;
    public static final int SET_VRING_ADDR = 9;
    public static final int SET_VRING_BASE = 10;
    public static final int GET_VRING_BASE = 11;
    public static final int SET_VRING_KICK = 12;
    public static final int SET_VRING_CALL = 13;
    public static final int SET_VRING_ERR = 14;
    public static final int GET_PROTOCOL_FEATURES = 15;
    public static final int SET_PROTOCOL_FEATURES = 16;
    public static final int GET_QUEUE_NUM = 17;
    public static final int SET_VRING_ENABLE = 18;
    public static final int SEND_RARP = 19;
    public static final int NET_SET_MTU = 20;
    public static final int GET_CONFIG = 24;
    public static final int GET_MAX_MEM_SLOTS = 36;
    public static final int ADD_MEM_REG = 37;
    public static final int REM_MEM_REG = 38;
    public static final int SET_STATUS = 39;
    public static final int GET_STATUS = 40;

    public static final int VERSION = 1;
    public static final int NEED_REPLY = 8;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Fd socket;
    private final UnixSocket transport = new UnixSocket();
    private final MemorySegment buffer = Arena.ofAuto().allocate(8192, 8);
    private final Epoll epoll = new Epoll(1);

    /** An answer: its number, flags and payload. */
    public record Reply(int number, int flags, ByteBuffer payload) {
        public long number64() {
            if (payload.remaining() != 8) {
                throw new IllegalStateException("a payload of " + payload.remaining() + " bytes");
            }
            return payload.getLong(0);
        }
    }

    public FrontEnd(Fd socket) {
        this.socket = socket;
        epoll.add(socket, 0);
    }

    /** Connects as soon as somebody listens. */
    public static FrontEnd connect(Path path) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return new FrontEnd(UnixSocket.connect(path));
            } catch (SystemCallException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                pause();
            }
        }
    }

    static void pause() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends bytes as they are. */
    public int raw(byte[] bytes, Fd... fds) {
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return transport.send(socket, buffer.address(), bytes.length, fds);
    }

    public static byte[] message(int number, int flags, byte[] payload) {
        return ByteBuffer.allocate(12 + payload.length).order(ByteOrder.nativeOrder())
                .putInt(number).putInt(flags).putInt(payload.length).put(payload).array();
    }

    public void send(int number, byte[] payload, Fd... fds) {
        sendFlagged(number, VERSION, payload, fds);
    }

    public void sendFlagged(int number, int flags, byte[] payload, Fd... fds) {
        byte[] message = message(number, flags, payload);
        int sent = raw(message, fds);
        if (sent != message.length) {
            throw new IllegalStateException("message " + number + ": sent " + sent + " of " + message.length);
        }
    }

    /** Sends with NEED_REPLY and returns the status. */
    public long acknowledged(int number, byte[] payload, Fd... fds) {
        sendFlagged(number, VERSION | NEED_REPLY, payload, fds);
        Reply reply = reply();
        if (reply.number != number) {
            throw new IllegalStateException("an answer to " + reply.number + ", expected one to " + number);
        }
        return reply.number64();
    }

    public Reply ask(int number, byte[] payload, Fd... fds) {
        send(number, payload, fds);
        Reply reply = reply();
        if (reply.number != number) {
            throw new IllegalStateException("an answer to " + reply.number + ", expected one to " + number);
        }
        return reply;
    }

    /** Waits for the next answer. */
    public Reply reply() {
        ByteBuffer header = read(12);
        if (header == null) {
            throw new IllegalStateException("the back-end has closed, or is silent");
        }
        int size = header.getInt(8);
        int number = header.getInt(0);
        int flags = header.getInt(4);
        ByteBuffer payload = size == 0 ? ByteBuffer.allocate(0) : read(size);
        return new Reply(number, flags, payload);
    }

    /** Waits for the back-end to close; true if it does, false if it says something or stays. */
    public boolean isClosedSoon() {
        return read(1) == null && closed;
    }

    /** True if the back-end says nothing and stays for a while. */
    public boolean isSilentFor(Duration time) {
        return epoll.await((int) time.toMillis()) == 0;
    }

    private boolean closed;

    private ByteBuffer read(int count) {
        byte[] bytes = new byte[count];
        int have = 0;
        long end = System.nanoTime() + PATIENCE.toNanos();
        List<Fd> fds = new ArrayList<>();
        while (have < count && System.nanoTime() < end) {
            epoll.await(100);
            int got = transport.receive(socket, buffer.address(), count - have, fds);
            if (got == -LibC.EAGAIN || got == -LibC.EINTR) {
                continue;
            }
            if (got <= 0) {
                closed = true;
                return null;
            }
            MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, bytes, have, got);
            have += got;
        }
        fds.forEach(Fd::close);
        return have == count ? ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()) : null;
    }

    // -- payloads -------------------------------------------------------------------------------

    public static final byte[] NOTHING = {};

    public static byte[] u64(long... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * numbers.length).order(ByteOrder.nativeOrder());
        for (long number : numbers) {
            bytes.putLong(number);
        }
        return bytes.array();
    }

    /** {@code struct vhost_vring_state}. */
    public static byte[] state(int ring, int number) {
        return ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putInt(ring).putInt(number).array();
    }

    /** {@code struct vhost_vring_addr}. */
    public static byte[] address(int ring, int flags, long descriptors, long used, long available, long log) {
        return ByteBuffer.allocate(40).order(ByteOrder.nativeOrder()).putInt(ring).putInt(flags).putLong(descriptors)
                .putLong(used).putLong(available).putLong(log).array();
    }

    public static byte[] address(int ring, DriverRing of) {
        return address(ring, 0, GuestRam.user(of.descriptors), GuestRam.user(of.used), GuestRam.user(of.available), 0);
    }

    /** A table of regions, each of four numbers: guest address, size, user address, offset in its file. */
    public static byte[] table(long... regions) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + 8 * regions.length).order(ByteOrder.nativeOrder());
        bytes.putInt(regions.length / 4).putInt(0);
        for (long number : regions) {
            bytes.putLong(number);
        }
        return bytes.array();
    }

    public static byte[] table(GuestRam ram) {
        return table(GuestRam.GUEST, ram.size(), GuestRam.USER, 0);
    }

    /** {@code struct VhostUserMemRegMsg}. */
    public static byte[] region(long guest, long size, long user, long offset) {
        return u64(0, guest, size, user, offset);
    }

    @Override
    public void close() {
        epoll.close();
        socket.close();
    }
}
