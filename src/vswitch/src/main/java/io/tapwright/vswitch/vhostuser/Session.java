package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.Mapping;
import io.tapwright.vswitch.posix.MemoryGuard;
import io.tapwright.vswitch.virtio.DirtyLog;
import io.tapwright.vswitch.virtio.SplitRing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What a front-end and we have agreed on, from its first message to its last: takes messages, sets up the port's queues,
 * answers. The control thread's. A message that fails changes nothing.
 *
 * <p>Every change of what a ring stands on is made with its lock held, and what is unmapped or closed was out of every
 * ring's reach before.
 */
final class Session implements AutoCloseable {

    /** Bit of a kick's, call's and error's payload that says no descriptor came; below it is the ring's number. */
    private static final long NO_FD = 0x100;
    private static final long RING = 0xff;

    private final VhostPort port;
    private final Peers peers;
    private final EventFd events = new EventFd();
    private final VringState[] rings = new VringState[2 * VhostPort.MOST_PAIRS];

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
        for (int i = 0; i < rings.length; i++) {
            rings[i] = new VringState(i % 2 == 0 ? port.to(i / 2).queue().ring() : port.from(i / 2).queue().ring());
        }
    }

    /** True once the guest's driver can send and receive. */
    boolean isRunning() {
        return rings[0].enabled && rings[1].enabled && rings[0].ring().isUsable() && rings[1].ring().isUsable();
    }

    /** Why a ring was given up; empty while none was. */
    Optional<String> broken() {
        for (int i = 0; i < rings.length; i++) {
            String why = rings[i].ring().broken();
            if (why != null) {
                return Optional.of("ring " + i + ": " + why);
            }
        }
        return Optional.empty();
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
            case GET_VRING_BASE -> Optional.of(stop(message));
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
            case SET_VRING_NUM -> setSize(message);
            case SET_VRING_ADDR -> setAddresses(message);
            case SET_VRING_BASE -> setBase(message);
            case SET_VRING_KICK -> setKick(message);
            case SET_VRING_CALL -> setCall(message);
            case SET_VRING_ERR -> setError(message);
            case SET_VRING_ENABLE -> enable(message);
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

    // -- features -------------------------------------------------------------------------------

    private void setFeatures(long wanted) {
        long unknown = wanted & ~Features.OFFERED;
        if (unknown != 0) {
            throw new ProtocolException("features 0x" + Long.toHexString(unknown) + " that were not offered");
        }
        // They change while the rings run only by LOG_ALL, when a migration begins or ends; the rest is fixed by then.
        features = wanted;
        lockAll();
        try {
            port.agree(features);
            if (!Features.has(features, Features.PROTOCOL_FEATURES)) {
                for (VringState ring : rings) {
                    ring.enabled = true;
                }
                enableQueues();
            }
            standAll(memory.table());
        } finally {
            unlockAll();
        }
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
            replaceMemory(next);
        } catch (RuntimeException e) {
            next.release(memory);
            throw e;
        }
    }

    /** {@code struct { u64 guest_addr; u64 size; u64 user_addr; u64 mmap_offset; }}. */
    private static SharedMemory withRegion(SharedMemory memory, ByteBuffer payload, int at, Fd file) {
        return memory.with(payload.getLong(at), payload.getLong(at + 8), payload.getLong(at + 16), payload.getLong(at + 24), file);
    }

    private void addRegion(Message message) {
        ByteBuffer payload = message.payload(40);
        SharedMemory next = withRegion(memory, payload, 8, message.takeFd());
        try {
            replaceMemory(next);
        } catch (RuntimeException e) {
            next.release(memory);
            throw e;
        }
    }

    private void removeRegion(Message message) {
        ByteBuffer payload = message.payload(40);
        replaceMemory(memory.without(payload.getLong(8), payload.getLong(16), payload.getLong(24)));
    }

    /** Maps first, has the rings move, unmaps last. */
    private void replaceMemory(SharedMemory next) {
        SharedMemory before = memory;
        lockAll();
        try {
            standAll(next.table());
            memory = next;
        } catch (ProtocolException e) {
            // The front-end took away what a ring of its own is in: that ring can't go on, and it is told.
            for (VringState ring : rings) {
                ring.stop();
            }
            memory = next;
        } finally {
            unlockAll();
        }
        before.release(next);
    }

    // -- rings ----------------------------------------------------------------------------------

    private VringState ring(long number) {
        if (number < 0 || number >= rings.length) {
            throw new ProtocolException("ring " + number + ", expected one below " + rings.length);
        }
        return rings[(int) number];
    }

    private void setSize(Message message) {
        ByteBuffer payload = message.payload(8);
        VringState ring = stopped(payload);
        int size = payload.getInt(4);
        if (Integer.bitCount(size) != 1 || size < 1 || size > SplitRing.MOST_SIZE) {
            throw new ProtocolException("a ring of " + size + ", expected a power of two up to 32768");
        }
        ring.size = size;
    }

    private void setBase(Message message) {
        ByteBuffer payload = message.payload(8);
        stopped(payload).base = payload.getInt(4) & 0xffff;
    }

    private VringState stopped(ByteBuffer payload) {
        VringState ring = ring(payload.getInt(0));
        if (ring.ring().isUsable()) {
            throw new ProtocolException("ring " + payload.getInt(0) + " runs");
        }
        return ring;
    }

    /** {@code struct { u32 index, flags; u64 descriptors, used, available, log; }}. */
    private void setAddresses(Message message) {
        ByteBuffer payload = message.payload(40);
        VringState ring = ring(payload.getInt(0));
        ring.ring().lock();
        try {
            ring.addresses(payload.getLong(8), payload.getLong(16), payload.getLong(24));
            if (ring.ring().isUsable()) {
                stand(ring, memory.table());
            }
        } catch (ProtocolException e) {
            // It must not go on at addresses that nobody will look after when the memory changes.
            ring.stop();
            throw e;
        } finally {
            ring.ring().unlock();
        }
    }

    private void setKick(Message message) {
        int number = (int) (message.number64() & RING);
        VringState ring = ring(number);
        boolean none = (message.number64() & NO_FD) != 0;
        if (none && number % 2 == 1) {
            throw new ProtocolException("ring " + number + " without a descriptor to call us by: we don't look for ever");
        }
        Fd kick = none ? null : eventFd(message);
        unwatch(number);
        ring.ring().lock();
        try {
            ring.replaceKick(kick);
            ring.kicked = true;
            if (!Features.has(features, Features.PROTOCOL_FEATURES)) {
                ring.enabled = true;
            }
            fds(number);
            if (ring.isComplete()) {
                stand(ring, memory.table());
            }
        } finally {
            ring.ring().unlock();
        }
        if (number % 2 == 1) {
            peers.watch(port.from(number / 2), kick);
        }
    }

    /** The descriptor that has to be there: a worker reads or writes it, which must not wait. */
    private static Fd eventFd(Message message) {
        Fd fd = message.takeFd();
        if (!fd.isEventFd()) {
            fd.close();
            throw new ProtocolException("a descriptor that is no eventfd");
        }
        fd.setNonBlocking();
        return fd;
    }

    private void unwatch(int number) {
        if (number % 2 == 1 && rings[number].kick != null) {
            peers.unwatch(port.from(number / 2));
        }
    }

    private void setCall(Message message) {
        int number = (int) (message.number64() & RING);
        VringState ring = ring(number);
        Fd call = (message.number64() & NO_FD) != 0 ? null : eventFd(message);
        ring.ring().lock();
        try {
            ring.replaceCall(call);
            fds(number);
            if (call != null && ring.ring().isUsable()) {
                // What was published while there was nobody to call.
                events.signal(call.number());
            }
        } finally {
            ring.ring().unlock();
        }
    }

    private void setError(Message message) {
        VringState ring = ring(message.number64() & RING);
        Fd error = (message.number64() & NO_FD) != 0 ? null : message.takeFd();
        ring.replaceError(error);
    }

    private void enable(Message message) {
        ByteBuffer payload = message.payload(8);
        int number = payload.getInt(0);
        VringState ring = ring(number);
        ring.ring().lock();
        try {
            ring.enabled = payload.getInt(4) == 1;
            fds(number);
        } finally {
            ring.ring().unlock();
        }
    }

    /** Stops a ring; the answer says where it stood. */
    private ByteBuffer stop(Message message) {
        int number = message.payload(8).getInt(0);
        VringState ring = ring(number);
        unwatch(number);
        ring.ring().lock();
        try {
            ring.stop();
            ring.replaceKick(null);
            ring.replaceCall(null);
            fds(number);
        } finally {
            ring.ring().unlock();
        }
        return bytes(8).putInt(0, number).putInt(4, ring.base);
    }

    /** With the ring locked: tells its queue what changed. */
    private void fds(int number) {
        VringState ring = rings[number];
        if (number % 2 == 0) {
            port.to(number / 2).set(ring.enabled, ring.call);
        } else {
            port.from(number / 2).set(ring.enabled, ring.kick, ring.call);
        }
    }

    private void enableQueues() {
        for (int i = 0; i < rings.length; i++) {
            fds(i);
        }
    }

    private void standAll(GuestMemory table) {
        for (VringState ring : rings) {
            if (ring.ring().isUsable()) {
                stand(ring, table);
            }
        }
    }

    /**
     * With LOG_ALL the used ring is logged too, whether or not its own addresses ask for that (VHOST_VRING_F_LOG): a page too
     * many is sent once more, while one too few, written between the message with the feature and that with the flag, is lost.
     */
    private void stand(VringState ring, GuestMemory table) {
        ring.stand(table, Features.has(features, Features.EVENT_INDEX),
                Features.has(features, Features.LOG_ALL) ? log : DirtyLog.OFF);
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
        lockAll();
        try {
            standAll(memory.table());
        } finally {
            unlockAll();
            if (before != null) {
                before.close();
            }
        }
    }

    // -- the end --------------------------------------------------------------------------------

    private void lockAll() {
        for (VringState ring : rings) {
            ring.ring().lock();
        }
    }

    private void unlockAll() {
        for (VringState ring : rings) {
            ring.ring().unlock();
        }
    }

    /** Stops everything and gives back what was shared. */
    @Override
    public void close() {
        for (int i = 0; i < rings.length; i++) {
            unwatch(i);
            VringState ring = rings[i];
            ring.ring().lock();
            try {
                ring.stop();
                ring.enabled = false;
                ring.replaceKick(null);
                ring.replaceCall(null);
                ring.replaceError(null);
                fds(i);
            } finally {
                ring.ring().unlock();
            }
        }
        port.countReady();
        memory.release(SharedMemory.NONE);
        memory = SharedMemory.NONE;
        if (logMapping != null) {
            logMapping.close();
            logMapping = null;
        }
    }
}
