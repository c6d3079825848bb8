package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.Mapping;
import io.tapwright.vswitch.posix.MemoryGuard;
import io.tapwright.vswitch.virtio.DirtyLog;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What a front-end and we have agreed on, from its first message to its last: takes messages, and answers. The
 * loop's. A memory table or a log that is refused changes nothing.
 *
 * <p>What is unmapped or closed was out of every ring's reach before.
 */
final class Session implements AutoCloseable {

    private final VhostPort port;
    private final Peers peers;
    private final Vrings rings;

    private long features;
    private long protocolFeatures;
    private SharedMemory memory = SharedMemory.NONE;
    private Mapping logMapping;
    private DirtyLog log = DirtyLog.OFF;
    private long status;

    /** Who has to know what a session changes. */
    public interface Peers {
        /** A queue from the guest has a descriptor to call us by, from now on. */
        void watch(FromGuest queue, Fd kick);

        /** No longer; called before the descriptor is closed. */
        void unwatch(FromGuest queue);

        /** The guest has moved here, and wants the others to know (SEND_RARP). @param mac see {@link Frame} */
        void announce(VhostPort port, long mac);
    }

    Session(VhostPort port, Peers peers) {
        this.port = port;
        this.peers = peers;
        port.begin();
        rings = new Vrings(port, peers, footing());
    }

    /** See {@link Vrings#isRunning}. */
    boolean isRunning() {
        return rings.isRunning();
    }

    /** See {@link Vrings#broken}. */
    Optional<String> broken() {
        return rings.broken();
    }

    /** True if memory that we use is no more; the session is to be closed at once. */
    boolean isCutOff() {
        return memory.isCutOff() || logMapping != null && logMapping.isCutOff();
    }

    /**
     * Carries out a message.
     *
     * @return the answer's payload; empty where none is sent
     * @throws ProtocolException where it can't be done
     */
    Optional<ByteBuffer> handle(Request request, Message message) {
        try {
            return answerTo(request, message);
        } finally {
            port.countReady();
        }
    }

    private Optional<ByteBuffer> answerTo(Request request, Message message) {
        return switch (request) {
            case GET_FEATURES -> answer(Features.OFFERED);
            case GET_PROTOCOL_FEATURES -> answer(Features.PROTOCOL_OFFERED);
            case GET_QUEUE_NUM -> answer(VhostPort.MOST_PAIRS);
            case GET_MAX_MEM_SLOTS -> answer(SharedMemory.MOST_REGIONS);
            case GET_STATUS -> answer(status);
            case GET_VRING_BASE -> stop(message);
            case SET_LOG_BASE -> {
                setLog(message);
                yield Optional.of(ByteBuffer.allocate(0));
            }
            default -> {
                carryOut(request, message);
                yield Optional.empty();
            }
        };
    }

    /** True if {@link #handle} always has an answer, whether the front-end asked for one or not. */
    static boolean isAnswered(Request request) {
        return switch (request) {
            case GET_FEATURES, GET_PROTOCOL_FEATURES, GET_QUEUE_NUM, GET_MAX_MEM_SLOTS, GET_STATUS, GET_VRING_BASE,
                    SET_LOG_BASE -> true;
            default -> false;
        };
    }

    boolean repliesToAll() {
        return Features.has(protocolFeatures, Features.PROTOCOL_REPLY_ACK);
    }

    private void carryOut(Request request, Message message) {
        switch (request) {
            // Nothing of it is ours to do: one front-end a connection; errors are told by nobody; deprecated.
            case SET_OWNER, RESET_OWNER, SET_LOG_FD -> { }
            case SET_FEATURES -> setFeatures(message.number64());
            case SET_PROTOCOL_FEATURES -> setProtocolFeatures(message.number64());
            case SET_MEM_TABLE -> setMemory(message);
            case ADD_MEM_REG -> addRegion(message);
            case REM_MEM_REG -> removeRegion(message);
            case SET_VRING_NUM -> rings.setSize(message);
            case SET_VRING_ADDR -> rings.setAddresses(message);
            case SET_VRING_BASE -> rings.setBase(message);
            case SET_VRING_KICK -> rings.setKick(message);
            case SET_VRING_CALL -> rings.setCall(message);
            case SET_VRING_ERR -> rings.setError(message);
            case SET_VRING_ENABLE -> rings.enable(message);
            case SEND_RARP -> peers.announce(port, message.number64() & 0xffff_ffff_ffffL);
            case NET_SET_MTU -> {
                if (message.number64() < 68 || message.number64() > 65535) {
                    throw new ProtocolException("an MTU of " + message.number64() + ", expected 68 to 65535");
                }
            }
            case SET_STATUS -> status = message.number64();
            default -> throw new AssertionError(request);
        }
    }

    private static Optional<ByteBuffer> answer(long number) {
        return Optional.of(bytes(Long.BYTES).putLong(0, number));
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocate(count).order(ByteOrder.nativeOrder());
    }

    private Optional<ByteBuffer> stop(Message message) {
        int number = message.payload(8).getInt(0);
        return Optional.of(bytes(8).putInt(0, number).putInt(4, rings.stop(number)));
    }

    // -- features -------------------------------------------------------------------------------

    private void setFeatures(long wanted) {
        long unknown = wanted & ~Features.OFFERED;
        if (unknown != 0) {
            throw new ProtocolException("features 0x" + Long.toHexString(unknown) + " that were not offered");
        }
        // They change while the rings run only by LOG_ALL, when a migration begins or ends; the rest is fixed by then.
        features = wanted;
        rings.agree(features, footing());
    }

    private void setProtocolFeatures(long wanted) {
        long unknown = wanted & ~Features.PROTOCOL_OFFERED;
        if (unknown != 0) {
            throw new ProtocolException("protocol features 0x" + Long.toHexString(unknown) + " that were not offered");
        }
        protocolFeatures = wanted;
    }

    // -- memory ---------------------------------------------------------------------------------

    private void setMemory(Message message) {
        ByteBuffer payload = message.payload();
        int count = payload.limit() < 8 ? -1 : payload.getInt(0);
        if (count < 0 || count > SharedMemory.MOST_REGIONS || payload.limit() != 8 + 32 * count || message.fds().size() != count) {
            throw new ProtocolException("a memory table of " + count + " regions in " + payload.limit() + " bytes with "
                    + message.fds().size() + " descriptors");
        }
        SharedMemory next = SharedMemory.NONE;
        try {
            for (int i = 0; i < count; i++) {
                next = withRegion(next, payload, 8 + 32 * i, message.fds().removeFirst());
            }
        } catch (RuntimeException e) {
            next.release(memory);
            throw e;
        }
        replaceMemory(next);
    }

    /** {@code struct { u64 guest_addr; u64 size; u64 user_addr; u64 mmap_offset; }}. */
    private static SharedMemory withRegion(SharedMemory memory, ByteBuffer payload, int at, Fd file) {
        return memory.with(payload.getLong(at), payload.getLong(at + 8), payload.getLong(at + 16), payload.getLong(at + 24), file);
    }

    private void addRegion(Message message) {
        ByteBuffer payload = message.payload(40);
        replaceMemory(withRegion(memory, payload, 8, message.takeFd()));
    }

    private void removeRegion(Message message) {
        ByteBuffer payload = message.payload(40);
        replaceMemory(memory.without(payload.getLong(8), payload.getLong(16), payload.getLong(24)));
    }

    /** The rings move before what they stood on is unmapped. */
    private void replaceMemory(SharedMemory next) {
        SharedMemory before = memory;
        memory = next;
        rings.move(footing());
        before.release(next);
    }

    // -- the dirty log --------------------------------------------------------------------------

    /** {@code struct { u64 mmap_size; u64 mmap_offset; }}. */
    private void setLog(Message message) {
        ByteBuffer payload = message.payload(16);
        long size = payload.getLong(0);
        long offset = payload.getLong(8);
        Mapping before = logMapping;
        try (Fd file = message.takeFd()) {
            if (size <= 0 || offset < 0 || offset > file.size() - size || offset % file.pageSize() != 0
                    || file.isProvidedByAProcess() || !MemoryGuard.isOn() && !file.cannotShrink()) {
                throw new ProtocolException("a log of " + size + " bytes at " + offset + " of its file");
            }
            logMapping = Mapping.of(file, offset, size);
        }
        log = new DirtyLog(logMapping.address(), size);
        rings.move(footing());
        if (before != null) {
            before.close();
        }
    }

    /**
     * With LOG_ALL the used ring is logged too, whether or not its own addresses ask for that (VHOST_VRING_F_LOG): a page too
     * many is sent once more, while one too few, written between the message with the feature and that with the flag, is lost.
     */
    private Footing footing() {
        return new Footing(memory.table(), Features.has(features, Features.EVENT_INDEX),
                Features.has(features, Features.LOG_ALL) ? log : DirtyLog.OFF);
    }

    /** Stops everything and gives back what was shared. */
    @Override
    public void close() {
        rings.stopAll();
        port.countReady();
        memory.release(SharedMemory.NONE);
        memory = SharedMemory.NONE;
        if (logMapping != null) {
            logMapping.close();
            logMapping = null;
        }
    }
}
