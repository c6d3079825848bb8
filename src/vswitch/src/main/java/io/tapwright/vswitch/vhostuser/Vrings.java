package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.virtio.SplitRing;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A port's rings as its front-end sets them up: ring 2n is that of the n-th queue to the guest, 2n + 1 of the n-th from it. The
 * loop's. A ring that can't stand where it is told to does not run.
 *
 * <p>Every change of what a ring stands on is made with its lock held.
 */
final class Vrings {

    /** Bit of a kick's, call's and error's payload that says no descriptor came; below it is the ring's number. */
    private static final long NO_FD = 0x100;
    private static final long RING = 0xff;

    private final VhostPort port;
    private final Session.Peers peers;
    private final EventFd events = new EventFd();
    private final VringState[] rings = new VringState[2 * VhostPort.MOST_PAIRS];

    private Footing footing;
    /** Whether a ring waits for {@link #enable} after its start (VHOST_USER_F_PROTOCOL_FEATURES). */
    private boolean startDisabled;

    Vrings(VhostPort port, Session.Peers peers, Footing footing) {
        this.port = port;
        this.peers = peers;
        this.footing = footing;
        for (int i = 0; i < rings.length; i++) {
            rings[i] = isFromGuest(i) ? new VringState(port.from(i / 2).queue().ring(), true)
                    : new VringState(port.to(i / 2).queue().ring(), false);
        }
    }

    private static boolean isFromGuest(int number) {
        return number % 2 == 1;
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

    // -- what they stand on ---------------------------------------------------------------------

    /** @throws ProtocolException where a ring can't go on with these features */
    void agree(long features, Footing next) {
        lockAll();
        try {
            port.agree(features);
            startDisabled = Features.has(features, Features.PROTOCOL_FEATURES);
            footing = next;
            if (!startDisabled) {
                for (int i = 0; i < rings.length; i++) {
                    rings[i].enabled = true;
                    tellQueue(i);
                }
            }
            for (VringState ring : rings) {
                if (ring.ring().isUsable()) {
                    ring.stand(footing);
                }
            }
        } finally {
            unlockAll();
        }
    }

    /**
     * The rings go on at the same places on another footing. One that can't, because its memory is gone, waits for it: a region
     * that a front-end changes goes before it comes back.
     */
    void move(Footing next) {
        boolean[] ran = new boolean[rings.length];
        lockAll();
        try {
            footing = next;
            for (int i = 0; i < rings.length; i++) {
                ran[i] = rings[i].ring().isUsable();
                if (rings[i].isToRun()) {
                    standOrWait(rings[i]);
                }
            }
        } finally {
            unlockAll();
        }
        for (int i = 0; i < rings.length; i++) {
            if (isFromGuest(i) && !ran[i] && rings[i].ring().isUsable()) {
                // Its worker may have gone to sleep without having asked it for calls; who is new is looked at.
                unwatch(i);
                peers.watch(port.from(i / 2), rings[i].kick);
            }
        }
    }

    private void standOrWait(VringState ring) {
        try {
            ring.stand(footing);
        } catch (ProtocolException noMemory) {
            ring.suspend();
        }
    }

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

    // -- one ring's messages --------------------------------------------------------------------

    private VringState ring(long number) {
        if (number < 0 || number >= rings.length) {
            throw new ProtocolException("ring " + number + ", expected one below " + rings.length);
        }
        return rings[(int) number];
    }

    private VringState stopped(ByteBuffer payload) {
        VringState ring = ring(payload.getInt(0));
        if (ring.ring().isUsable()) {
            throw new ProtocolException("ring " + payload.getInt(0) + " runs");
        }
        return ring;
    }

    void setSize(Message message) {
        ByteBuffer payload = message.payload(8);
        VringState ring = stopped(payload);
        int size = payload.getInt(4);
        if (Integer.bitCount(size) != 1 || size < 1 || size > SplitRing.MOST_SIZE) {
            throw new ProtocolException("a ring of " + size + ", expected a power of two up to 32768");
        }
        ring.size = size;
    }

    void setBase(Message message) {
        ByteBuffer payload = message.payload(8);
        stopped(payload).base = payload.getInt(4) & 0xffff;
    }

    /** {@code struct { u32 index, flags; u64 descriptors, used, available, log; }}. */
    void setAddresses(Message message) {
        ByteBuffer payload = message.payload(40);
        VringState ring = ring(payload.getInt(0));
        ring.ring().lock();
        try {
            ring.addresses(payload.getLong(8), payload.getLong(16), payload.getLong(24));
            if (ring.ring().isUsable()) {
                ring.stand(footing);
            }
        } catch (ProtocolException e) {
            // It must not go on at addresses that nobody will look after when the memory changes.
            ring.stop();
            throw e;
        } finally {
            ring.ring().unlock();
        }
    }

    void setKick(Message message) {
        int number = (int) (message.number64() & RING);
        VringState ring = ring(number);
        boolean none = (message.number64() & NO_FD) != 0;
        if (none && isFromGuest(number)) {
            throw new ProtocolException("ring " + number + " without a descriptor to call us by: we don't look for ever");
        }
        Fd kick = none ? null : eventFd(message);
        unwatch(number);
        ring.ring().lock();
        try {
            ring.replaceKick(kick);
            ring.kicked = true;
            if (!startDisabled) {
                ring.enabled = true;
            }
            tellQueue(number);
            if (ring.isComplete()) {
                ring.stand(footing);
            }
        } catch (ProtocolException e) {
            // Nor later on: no worker looks at it.
            ring.stop();
            throw e;
        } finally {
            ring.ring().unlock();
        }
        if (isFromGuest(number)) {
            peers.watch(port.from(number / 2), kick);
        }
    }

    /** The descriptor that has to be there: a worker waits for it or writes it, and a write must not wait. */
    private static Fd eventFd(Message message) {
        Fd fd = message.takeFd();
        if (!fd.isEventFd()) {
            fd.close();
            throw new ProtocolException("a descriptor that is no eventfd");
        }
        fd.setNonBlocking();
        return fd;
    }

    void setCall(Message message) {
        int number = (int) (message.number64() & RING);
        VringState ring = ring(number);
        Fd call = (message.number64() & NO_FD) != 0 ? null : eventFd(message);
        ring.ring().lock();
        try {
            ring.replaceCall(call);
            tellQueue(number);
            if (call != null) {
                // What was published while there was nobody to call; by a switch before us too, so whether or not it runs.
                port.call(events, call);
            }
        } finally {
            ring.ring().unlock();
        }
    }

    void setError(Message message) {
        VringState ring = ring(message.number64() & RING);
        Fd error = (message.number64() & NO_FD) != 0 ? null : message.takeFd();
        ring.replaceError(error);
    }

    void enable(Message message) {
        ByteBuffer payload = message.payload(8);
        int number = payload.getInt(0);
        VringState ring = ring(number);
        ring.ring().lock();
        try {
            ring.enabled = payload.getInt(4) == 1;
            tellQueue(number);
        } finally {
            ring.ring().unlock();
        }
    }

    /** Stops a ring, for good until it is kicked again. @return where it stood: an index into its available ring */
    int stop(int number) {
        VringState ring = ring(number);
        unwatch(number);
        ring.ring().lock();
        try {
            ring.stop();
            ring.replaceKick(null);
            ring.replaceCall(null);
            tellQueue(number);
        } finally {
            ring.ring().unlock();
        }
        return ring.base;
    }

    /** Stops all and closes their descriptors; they can't be reached any more. */
    void stopAll() {
        for (int i = 0; i < rings.length; i++) {
            rings[i].enabled = false;
            stop(i);
            rings[i].replaceError(null);
        }
    }

    /** Called before the descriptor is closed. */
    private void unwatch(int number) {
        if (isFromGuest(number) && rings[number].kick != null) {
            peers.unwatch(port.from(number / 2));
        }
    }

    /** With the ring locked: tells its queue what changed. */
    private void tellQueue(int number) {
        VringState ring = rings[number];
        if (isFromGuest(number)) {
            port.from(number / 2).set(ring.enabled, ring.call);
        } else {
            port.to(number / 2).set(ring.enabled, ring.call);
        }
    }
}
