package io.tapwright.hostnet.protocol;

import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.model.host.Errno;
import java.time.Duration;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** At most so many sockets, opened when needed, each lent to one caller at a time; unusable ones are replaced. */
public final class NetlinkSocketPool implements AutoCloseable {

    private final Duration deadline;
    private final Semaphore permits;
    private final Deque<NetlinkSocket> idle = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    /** Opens the first socket, so that a process that may not have one learns it here. */
    public NetlinkSocketPool(int most, Duration deadline) {
        this.deadline = deadline;
        this.permits = new Semaphore(most);
        idle.push(NetlinkSocket.open(deadline));
    }

    /**
     * Lends a socket for the length of {@code conversation}.
     *
     * @throws SystemCallException ETIMEDOUT where none was free within the deadline, EBADF after {@link #close}
     */
    public <T> T use(Function<NetlinkSocket, T> conversation) {
        acquire();
        try {
            NetlinkSocket socket = take();
            try {
                return conversation.apply(socket);
            } finally {
                giveBack(socket);
            }
        } finally {
            permits.release();
        }
    }

    private void acquire() {
        try {
            if (!permits.tryAcquire(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new SystemCallException(Errno.ETIMEDOUT, "every netlink socket waits for the kernel");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SystemCallException(Errno.EINTR, "interrupted while waiting for a netlink socket");
        }
    }

    private NetlinkSocket take() {
        if (closed) {
            throw new SystemCallException(Errno.EBADF, "closed already");
        }
        NetlinkSocket free = idle.poll();
        return free != null ? free : NetlinkSocket.open(deadline);
    }

    private void giveBack(NetlinkSocket socket) {
        if (!socket.isUsable()) {
            socket.close();
            return;
        }
        idle.push(socket);
        if (closed) {
            closeIdle();
        }
    }

    /** Closes what is idle now, and the rest when it is given back. */
    @Override
    public void close() {
        closed = true;
        closeIdle();
    }

    private void closeIdle() {
        for (NetlinkSocket socket = idle.poll(); socket != null; socket = idle.poll()) {
            socket.close();
        }
    }
}
