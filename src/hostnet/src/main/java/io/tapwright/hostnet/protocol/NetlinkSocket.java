package io.tapwright.hostnet.protocol;

import io.tapwright.hostnet.netlink.ErrorMessage;
import io.tapwright.hostnet.netlink.MalformedMessageException;
import io.tapwright.hostnet.netlink.Message;
import io.tapwright.hostnet.netlink.MessageWriter;
import io.tapwright.hostnet.netlink.Netlink;
import io.tapwright.hostnet.posix.Fd;
import io.tapwright.hostnet.posix.NativeBuffer;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.model.host.Errno;
import java.nio.BufferOverflowException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A conversation with rtnetlink: one request, or several in one datagram, and all of the answer before the next.
 *
 * <p>Whatever is no plain refusal (no answer in time, an answer lost, nonsense) leaves the socket
 * {@link #isUsable() unusable}: what still arrives there might be taken for the answer to something else.
 */
public final class NetlinkSocket implements AutoCloseable {

    /** Options of linux/netlink.h at level SOL_NETLINK. */
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_CAP_ACK = 10;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int NETLINK_GET_STRICT_CHK = 12;

    /** The kernel makes no larger datagram for a dump (netlink_dump in net/netlink/af_netlink.c). */
    private static final int RECEIVE_ROOM = 32 * 1024;
    /** Several hundred routes of an uplink in one datagram. */
    private static final int SEND_ROOM = 64 * 1024;
    /** Between two attempts at a dump: what changes the table may be over by then. */
    private static final Duration DUMP_PAUSE = Duration.ofMillis(2);

    private final Fd fd;
    private final long deadlineNanos;
    private final NativeBuffer sendRoom = new NativeBuffer(SEND_ROOM);
    private final NativeBuffer receiveRoom = new NativeBuffer(RECEIVE_ROOM);
    private final MessageWriter writer = new MessageWriter(sendRoom.bytes());
    private int nextSequence = 1;
    private boolean usable = true;

    private NetlinkSocket(Fd fd, Duration deadline) {
        this.fd = fd;
        this.deadlineNanos = deadline.toNanos();
    }

    /** @param deadline how long an answer may take */
    public static NetlinkSocket open(Duration deadline) {
        Fd fd = Fd.netlink(Netlink.NETLINK_ROUTE, 0);
        try {
            fd.setOption(SOL_NETLINK, NETLINK_CAP_ACK, 1);
            fd.setOption(SOL_NETLINK, NETLINK_EXT_ACK, 1);
            trySetStrictChecking(fd);
            return new NetlinkSocket(fd, deadline);
        } catch (SystemCallException e) {
            fd.close();
            throw e;
        }
    }

    /** Lets the kernel filter dumps by device, since Linux 4.20; older ones answer with more, which is filtered here. */
    private static void trySetStrictChecking(Fd fd) {
        try {
            fd.setOption(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
        } catch (SystemCallException unknownOption) {
            // The answers are the same, only longer.
        }
    }

    public boolean isUsable() {
        return usable && fd.isOpen();
    }

    /** For ioctls that need any socket of this namespace. */
    public Fd fd() {
        return fd;
    }

    /**
     * Asks one question that is answered by one message.
     *
     * @throws SystemCallException as the kernel refuses; ETIMEDOUT without an answer in time
     */
    public <T> T ask(Consumer<MessageWriter> question, Function<Message, T> answer) {
        int first = send(question, false);
        List<T> answers = new ArrayList<>(1);
        receiveUntil("answer", message -> {
            if (message.sequence() != first) {
                return false;
            }
            if (message.type() == Netlink.NLMSG_ERROR) {
                ErrorMessage error = ErrorMessage.decode(message);
                throw new SystemCallException(new Errno(error.errno()), error.text());
            }
            answers.add(answer.apply(message));
            return true;
        });
        return answers.getFirst();
    }

    /**
     * Sends all that {@code requests} writes as one datagram, which the kernel carries out in order within that one
     * system call: this process being killed can't stop it half way. A request that fails does not keep those behind it
     * from being tried.
     *
     * @return for each request why it failed, or empty
     */
    public List<Optional<SystemCallException>> request(Consumer<MessageWriter> requests) {
        return request(requests, message -> { });
    }

    /**
     * Like {@link #request(Consumer)}, with questions among the requests but for the last.
     *
     * @param answers hears the messages that answer them
     */
    public List<Optional<SystemCallException>> request(Consumer<MessageWriter> requests, Consumer<Message> answers) {
        int first = send(requests, true);
        int count = nextSequence - first;
        List<Optional<SystemCallException>> outcomes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            outcomes.add(Optional.empty());
        }
        receiveUntil("acknowledgement", message -> {
            int request = message.sequence() - first;
            if (request < 0 || request >= count) {
                return false;
            }
            if (message.type() != Netlink.NLMSG_ERROR) {
                answers.accept(message);
                return false;
            }
            ErrorMessage error = ErrorMessage.decode(message);
            if (error.errno() != 0) {
                outcomes.set(request, Optional.of(new SystemCallException(new Errno(error.errno()), error.text())));
            }
            return request == count - 1;
        });
        return outcomes;
    }

    /** {@link #request} of which everything must succeed. */
    public void demand(Consumer<MessageWriter> requests) {
        for (Optional<SystemCallException> outcome : request(requests)) {
            if (outcome.isPresent()) {
                throw outcome.get();
            }
        }
    }

    /**
     * Reads a table as it was at one moment: taken again, for as long as the deadline, while the kernel says that it
     * changed meanwhile.
     *
     * @param entry empty for messages to pass over
     * @throws SystemCallException EINTR where it never stood still for long enough
     */
    public <T> List<T> dump(Consumer<MessageWriter> question, Function<Message, Optional<T>> entry) {
        long start = System.nanoTime();
        for (int attempts = 1; ; attempts++) {
            List<T> entries = new ArrayList<>();
            if (dumpOnce(question, entry, entries)) {
                return entries;
            }
            if (System.nanoTime() - start > deadlineNanos) {
                throw new SystemCallException(Errno.EINTR, "the table changed during each of " + attempts + " dumps");
            }
            LockSupport.parkNanos(DUMP_PAUSE.toNanos());
        }
    }

    private <T> boolean dumpOnce(Consumer<MessageWriter> question, Function<Message, Optional<T>> entry, List<T> entries) {
        int sequence = send(question, false);
        boolean[] interrupted = {false};
        receiveUntil("end of a dump", message -> {
            if (message.sequence() != sequence) {
                return false;
            }
            interrupted[0] |= message.is(Netlink.NLM_F_DUMP_INTR);
            if (message.type() == Netlink.NLMSG_DONE || message.type() == Netlink.NLMSG_ERROR) {
                ErrorMessage error = ErrorMessage.decode(message);
                if (error.errno() != 0) {
                    throw new SystemCallException(new Errno(error.errno()), error.text());
                }
                return true;
            }
            entry.apply(message).ifPresent(entries::add);
            return false;
        });
        return !interrupted[0];
    }

    /** Sends what {@code requests} writes and answers its first sequence number; the rest follow without a gap. */
    private int send(Consumer<MessageWriter> requests, boolean acknowledgeLast) {
        writer.clear();
        try {
            requests.accept(writer);
        } catch (BufferOverflowException e) {
            throw new SystemCallException(Errno.EMSGSIZE, "more than " + SEND_ROOM + " bytes of requests at once");
        }
        int first = nextSequence;
        writer.stamp(first, acknowledgeLast);
        nextSequence += writer.messages();
        usable = false;
        fd.send(sendRoom, writer.length());
        return first;
    }

    private interface Receiver {
        /** True for the last message of the answer. */
        boolean isLast(Message message);
    }

    /** A refusal that {@code receiver} throws is an answer too, and the last one. */
    private void receiveUntil(String awaited, Receiver receiver) {
        long start = System.nanoTime();
        boolean[] last = {false};
        while (!last[0]) {
            int length = fd.receive(receiveRoom);
            if (length == Fd.NOTHING_YET) {
                awaitInput(awaited, start);
                continue;
            }
            try {
                Message.forEach(receiveRoom.bytes(), length, message -> last[0] |= !last[0] && receiver.isLast(message));
            } catch (MalformedMessageException e) {
                throw new SystemCallException(Errno.EIO, e.getMessage());
            } catch (SystemCallException refusal) {
                usable = true;
                throw refusal;
            }
        }
        usable = true;
    }

    private void awaitInput(String awaited, long start) {
        long leftNanos = deadlineNanos - (System.nanoTime() - start);
        if (leftNanos <= 0) {
            throw new SystemCallException(Errno.ETIMEDOUT,
                    "no " + awaited + " from the kernel within " + Duration.ofNanos(deadlineNanos).toMillis() + " ms");
        }
        Fd.awaitInput((int) Math.min(Integer.MAX_VALUE, leftNanos / 1_000_000 + 1), fd);
    }

    @Override
    public void close() {
        usable = false;
        fd.close();
    }
}
