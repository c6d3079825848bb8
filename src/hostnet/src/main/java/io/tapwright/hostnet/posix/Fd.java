package io.tapwright.hostnet.posix;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.tapwright.model.host.Errno;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * An open file descriptor with one owner, who closes it. Opened with O_CLOEXEC, so that no process started by ours
 * inherits it. Not for two threads at once, but for {@link #signal()}, which is there to wake another one.
 */
public final class Fd implements AutoCloseable {

    /** EAGAIN: there is nothing to read now. */
    public static final int NOTHING_YET = -1;

    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;

    private static final int SOCK_RAW = 3;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_TRUNC = 0x20;

    private static final int CLOSED = -1;

    private final AtomicInteger number;
    /** Where recvfrom says who sent; made with the first receive. */
    private Sender sender;

    private record Sender(SockaddrNl address, NativeBuffer length) {
    }

    private Fd(int number) {
        this.number = new AtomicInteger(number);
    }

    /** Opens a file; {@code path} holds no zero byte. */
    public static Fd open(String path, int flags) {
        return new Fd(callInt("open " + path, () -> LibC.open(zeroEnded(path), flags | O_CLOEXEC)));
    }

    /**
     * A netlink socket, bound to a port that the kernel chooses.
     *
     * @param protocol NETLINK_ROUTE and such
     * @param groups   bits of the multicast groups to hear, 0 for none
     */
    public static Fd netlink(int protocol, int groups) {
        Fd fd = new Fd(callInt("socket", () -> LibC.socket(SockaddrNl.AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)));
        try {
            SockaddrNl address = SockaddrNl.listeningTo(groups);
            callInt("bind", () -> LibC.bind(fd.number(), address.buffer().pointer(), SockaddrNl.SIZE));
            return fd;
        } catch (SystemCallException e) {
            fd.close();
            throw e;
        }
    }

    /** A packet socket, which hears nothing before {@link #bind}. */
    static Fd packet() {
        return new Fd(callInt("socket AF_PACKET", () -> LibC.socket(SockaddrLl.AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)));
    }

    void bind(SockaddrLl address) {
        callInt("bind", () -> LibC.bind(number(), address.buffer().pointer(), SockaddrLl.SIZE));
    }

    /** A counter to wake a thread that waits in {@link #awaitInput}. */
    public static Fd event() {
        return new Fd(callInt("eventfd", () -> LibC.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
    }

    int number() {
        int current = number.get();
        if (current == CLOSED) {
            throw new SystemCallException(Errno.EBADF, "closed already");
        }
        return current;
    }

    public boolean isOpen() {
        return number.get() != CLOSED;
    }

    public void setOption(int level, int name, int value) {
        NativeBuffer argument = new NativeBuffer(Integer.BYTES);
        argument.bytes().putInt(0, value);
        callInt("setsockopt " + name, () -> LibC.setsockopt(number(), level, name, argument.pointer(), Integer.BYTES));
    }

    /** Sends the first {@code length} bytes as one datagram. */
    public void send(NativeBuffer buffer, int length) {
        // In bounds: checkIndex holds length to the buffer's size.
        Objects.checkIndex(length, buffer.size() + 1);
        callLong("send", () -> LibC.send(number(), buffer.pointer(), length, 0));
    }

    /**
     * Takes one datagram from the kernel, without waiting; those of other senders are dropped.
     *
     * @return its whole length, more than the buffer's size where it did not fit, or {@link #NOTHING_YET}
     */
    public int receive(NativeBuffer buffer) {
        if (sender == null) {
            sender = new Sender(SockaddrNl.empty(), new NativeBuffer(Integer.BYTES));
        }
        while (true) {
            sender.length.bytes().putInt(0, SockaddrNl.SIZE);
            // In bounds: C writes at most size() bytes, and at most SockaddrNl.SIZE of the sender's address.
            long length = LibC.recvfrom(number(), buffer.pointer(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                    sender.address.buffer().pointer(), sender.length.pointer());
            if (length >= 0) {
                if (sender.address.isKernel()) {
                    return Math.toIntExact(length);
                }
                continue;
            }
            Errno errno = new Errno(Native.getLastError());
            if (errno.equals(Errno.EAGAIN)) {
                return NOTHING_YET;
            }
            if (!errno.equals(Errno.EINTR)) {
                throw new SystemCallException(errno, "receive");
            }
        }
    }

    /**
     * Waits until one of {@code fds} has something to read.
     *
     * @param timeoutMillis -1 to wait for ever
     * @return the first that has, or -1 after the time; a signal ends the wait early with -1
     */
    public static int awaitInput(int timeoutMillis, Fd... fds) {
        PollFd poll = new PollFd(fds);
        // In bounds: the array has count() elements.
        int ready = LibC.poll(poll.buffer().pointer(), poll.count(), timeoutMillis);
        if (ready < 0 && Native.getLastError() != Errno.EINTR.number()) {
            throw new SystemCallException(new Errno(Native.getLastError()), "poll");
        }
        for (int i = 0; ready > 0 && i < poll.count(); i++) {
            if (poll.isReady(i)) {
                return i;
            }
        }
        return -1;
    }

    /** An ioctl whose argument is a number. */
    public void control(String name, long request, long argument) {
        callInt(name, () -> LibC.ioctl(number(), request, Pointer.createConstant(argument)));
    }

    /** An ioctl on a struct ifreq, which the kernel may change. */
    public void control(String name, long request, IfReq argument) {
        // In bounds: the requests that take a struct ifreq read and write no more than its 40 bytes.
        callInt(name, () -> LibC.ioctl(number(), request, argument.buffer().pointer()));
    }

    public void write(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        long written = callLong("write", () -> LibC.write(number(), bytes, bytes.length));
        if (written != bytes.length) {
            throw new SystemCallException(Errno.EIO, "write took " + written + " of " + bytes.length + " bytes");
        }
    }

    /** Makes an {@link #event()} readable; any thread. */
    public void signal() {
        byte[] one = {1, 0, 0, 0, 0, 0, 0, 0};
        callLong("write", () -> LibC.write(number(), one, one.length));
    }

    /** Closes it; a second time does nothing. */
    @Override
    public void close() {
        int current = number.getAndSet(CLOSED);
        if (current != CLOSED) {
            // Linux frees the number whatever close answers, EINTR included: nothing is to be tried again.
            LibC.close(current);
        }
    }

    static byte[] zeroEnded(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("'" + text + "' contains a zero byte");
        }
        return (text + "\0").getBytes(StandardCharsets.UTF_8);
    }

    private static int callInt(String name, IntSupplier call) {
        return (int) callLong(name, call::getAsInt);
    }

    private static long callLong(String name, LongSupplier call) {
        while (true) {
            long result = call.getAsLong();
            if (result >= 0) {
                return result;
            }
            int errno = Native.getLastError();
            if (errno != Errno.EINTR.number()) {
                throw new SystemCallException(new Errno(errno), name);
            }
        }
    }
}
