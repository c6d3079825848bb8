package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.LibC;
import io.tapwright.vswitch.posix.SystemCallException;
import io.tapwright.vswitch.posix.UnixSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The messages of one front-end: read whole, carried out, answered. The event loop's thread.
 *
 * <p>Whatever comes, all descriptors that came with it are closed but for those that the session took.
 */
final class Connection implements AutoCloseable {

    /** So many at once, then others have their turn. */
    private static final int MESSAGES_A_TURN = 32;

    /** No message has more; a peer that sends one in pieces could have us hold any number otherwise. */
    private static final int MOST_FDS = SharedMemory.MOST_REGIONS;

    private final Fd socket;
    private final Session session;
    private final UnixSocket transport = new UnixSocket();
    private final MemorySegment buffer = Arena.ofAuto().allocate(Message.HEADER + Message.MOST_PAYLOAD, 8);
    private final ByteBuffer bytes = buffer.asByteBuffer().order(ByteOrder.nativeOrder());
    private final List<Fd> fds = new ArrayList<>();
    private int have;

    Connection(Fd socket, Session session) {
        this.socket = socket;
        this.session = session;
    }

    Fd socket() {
        return socket;
    }

    Session session() {
        return session;
    }

    /**
     * Handles what has come.
     *
     * @return empty, or why the connection is at its end
     */
    Optional<String> onReadable() {
        for (int i = 0; i < MESSAGES_A_TURN; ) {
            int wanted = have < Message.HEADER ? Message.HEADER : Message.HEADER + payloadSize();
            if (wanted < Message.HEADER || wanted > buffer.byteSize()) {
                return Optional.of("a message of " + payloadSize() + " bytes, expected at most " + Message.MOST_PAYLOAD);
            }
            if (have < wanted) {
                // In bounds: wanted is at most the buffer's size.
                int received = transport.receive(socket, buffer.address() + have, wanted - have, fds);
                if (received == -LibC.EAGAIN || received == -LibC.EINTR) {
                    return Optional.empty();
                }
                if (received <= 0) {
                    return Optional.of(received == 0 ? "the peer has closed" : new SystemCallException("receive", -received).getMessage());
                }
                have += received;
                if (fds.size() > MOST_FDS) {
                    return Optional.of("a message with more than " + MOST_FDS + " descriptors");
                }
                continue;
            }
            if (have == Message.HEADER && payloadSize() > 0) {
                continue;
            }
            Optional<String> fault = onMessage();
            have = 0;
            i++;
            if (fault.isPresent()) {
                return fault;
            }
        }
        return Optional.empty();
    }

    private int payloadSize() {
        return bytes.getInt(8);
    }

    private Optional<String> onMessage() {
        int number = bytes.getInt(0);
        ByteBuffer payload = bytes.slice(Message.HEADER, payloadSize()).order(ByteOrder.nativeOrder());
        Message message = new Message(number, bytes.getInt(4), payload, fds);
        Request request = Request.of(number);
        try {
            if (!message.isVersion1()) {
                return Optional.of("message " + number + " of a version other than 1");
            }
            if (request == null) {
                throw new ProtocolException("message " + number + ", which we don't know");
            }
            Optional<ByteBuffer> answer = session.handle(request, message);
            if (answer.isPresent()) {
                return reply(number, answer.get());
            }
            return message.needsReply() && session.repliesToAll() ? reply(number, status(0)) : Optional.empty();
        } catch (ProtocolException | SystemCallException e) {
            String what = (request == null ? "" : request + ": ") + e.getMessage();
            boolean hasPlaceForIt = message.needsReply() && session.repliesToAll() && (request == null || !Session.isAnswered(request));
            return hasPlaceForIt ? reply(number, status(1)) : Optional.of(what);
        } finally {
            fds.forEach(Fd::close);
            fds.clear();
        }
    }

    private static ByteBuffer status(long value) {
        return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(0, value);
    }

    private Optional<String> reply(int number, ByteBuffer payload) {
        int length = Message.HEADER + payload.capacity();
        // The message is read and done with: its buffer is free.
        bytes.putInt(0, number).putInt(4, Message.REPLY_FLAGS).putInt(8, payload.capacity());
        bytes.put(Message.HEADER, payload, 0, payload.capacity());
        int sent = transport.send(socket, buffer.address(), length);
        return sent == length ? Optional.empty() : Optional.of("the peer does not read our answers");
    }

    @Override
    public void close() {
        fds.forEach(Fd::close);
        fds.clear();
        session.close();
        socket.close();
    }
}
