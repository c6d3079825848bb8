package io.tapwright.vswitch.forward;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Which port of a network a MAC address is behind. Addresses are numbers of six octets, the first one lowest.
 *
 * <p>Buckets of eight entries, each one long and so read and written at once: looked up by any worker without a lock,
 * changed under one. An address may be in its own bucket or in the next one's pair; where both are full it is not learned.
 */
public final class MacTable {

    public static final int UNKNOWN = -1;

    /** Most ports of a network: what fits into an entry with the address. */
    public static final int MOST_PORTS = 0x7ffe;

    private static final int BUCKET = 8;
    private static final long STATIC = 0x8000;
    private static final long PORT = 0x7fff;

    private final int capacity;
    private final int mostPerPort;
    private final int bucketShift;
    /** So that nobody outside can choose addresses that meet in one bucket. */
    private final long multiplier;
    /** mac << 16 | static << 15 | port + 1; 0 where there is none. */
    private final long[] entries;
    /** When an entry's address was last a source, in seconds. */
    private final int[] seen;
    private final int[] perPort = new int[MOST_PORTS + 2];
    private int size;
    private long moves;
    private long refused;

    /**
     * @param capacity    so many addresses are learned, a power of two; fixed ones find room besides, and push out learned ones
     * @param mostPerPort so many are learned of one port, so that one guest can't take the others' room
     */
    public MacTable(int capacity, int mostPerPort) {
        this(capacity, mostPerPort, ThreadLocalRandom.current().nextLong() | 1);
    }

    /** @param multiplier an odd number */
    MacTable(int capacity, int mostPerPort, long multiplier) {
        if (Integer.bitCount(capacity) != 1 || capacity < 2 * BUCKET) {
            throw new IllegalArgumentException("a table for " + capacity + " addresses: expected a power of two from 16 on");
        }
        this.capacity = capacity;
        // Twice the room, so that few buckets fill up before the table does.
        entries = new long[2 * capacity];
        seen = new int[2 * capacity];
        bucketShift = 64 - Integer.numberOfTrailingZeros(2 * capacity / BUCKET);
        this.mostPerPort = mostPerPort;
        this.multiplier = multiplier;
    }

    /** The port of an address, or {@link #UNKNOWN}. */
    public int portOf(long mac) {
        int slot = find(mac);
        // Read again: it may have gone meanwhile. What is there now is as good an answer.
        return slot < 0 ? UNKNOWN : (int) (entries[slot] & PORT) - 1;
    }

    private int find(long mac) {
        int first = bucket(mac);
        for (int i = first; i < first + BUCKET; i++) {
            if (entries[i] >>> 16 == mac && entries[i] != 0) {
                return i;
            }
        }
        first ^= BUCKET;
        for (int i = first; i < first + BUCKET; i++) {
            if (entries[i] >>> 16 == mac && entries[i] != 0) {
                return i;
            }
        }
        return -1;
    }

    private int bucket(long mac) {
        // The second time, for addresses that follow each other: one product's upper bits hardly differ where the multiplier is
        // near a simple fraction of 2^64, as one in a hundred is.
        long mixed = mac * multiplier;
        return (int) ((mixed ^ mixed >>> 32) * multiplier >>> bucketShift) * BUCKET;
    }

    /** A frame of this source came from a port. */
    public void learn(long mac, int port, int nowSeconds) {
        int slot = find(mac);
        if (slot >= 0 && (entries[slot] & PORT) == port + 1) {
            if (seen[slot] != nowSeconds) {
                seen[slot] = nowSeconds;
            }
            return;
        }
        if (slot < 0 || (entries[slot] & STATIC) == 0) {
            put(mac, port, nowSeconds, false);
        }
    }

    /** An address that stays at its port whatever the sources say. */
    public void fix(long mac, int port) {
        put(mac, port, 0, true);
    }

    /** An address that was fixed at a port is one like others from now on, and moves to where it is heard next. */
    public synchronized void loosen(long mac, int port, int nowSeconds) {
        int slot = find(mac);
        if (slot >= 0 && (entries[slot] & (STATIC | PORT)) == (STATIC | port + 1)) {
            seen[slot] = nowSeconds;
            entries[slot] &= ~STATIC;
        }
    }

    private synchronized void put(long mac, int port, int nowSeconds, boolean fixed) {
        int slot = find(mac);
        if (slot >= 0 && !fixed && (entries[slot] & STATIC) != 0) {
            return;
        }
        boolean isAtAnother = slot >= 0 && (entries[slot] & PORT) != port + 1;
        if (slot < 0) {
            slot = free(mac, fixed);
        }
        if (slot < 0 || !fixed && (entries[slot] & PORT) != port + 1 && perPort[port + 1] >= mostPerPort) {
            refused++;
            return;
        }
        if (isAtAnother) {
            moves++;
        }
        if (entries[slot] != 0) {
            remove(slot);
        }
        seen[slot] = nowSeconds;
        entries[slot] = mac << 16 | (fixed ? STATIC : 0) | port + 1;
        perPort[port + 1]++;
        size++;
    }

    /** A slot for an address, or -1; a fixed entry's may be had by pushing out a learned one. */
    private int free(long mac, boolean fixed) {
        int empty = -1;
        int learned = -1;
        int first = bucket(mac);
        for (int bucket = 0; bucket < 2; bucket++, first ^= BUCKET) {
            for (int i = first; i < first + BUCKET; i++) {
                if (entries[i] == 0) {
                    empty = empty < 0 ? i : empty;
                } else if ((entries[i] & STATIC) == 0) {
                    learned = i;
                }
            }
        }
        if (size < capacity) {
            return empty >= 0 || !fixed ? empty : learned;
        }
        return !fixed ? -1 : learned >= 0 ? learned : empty;
    }

    private void remove(int slot) {
        perPort[(int) (entries[slot] & PORT)]--;
        entries[slot] = 0;
        size--;
    }

    /** Forgets whom nobody has heard since then. */
    public synchronized void expire(int beforeSeconds) {
        for (int i = 0; i < entries.length; i++) {
            if (entries[i] != 0 && (entries[i] & STATIC) == 0 && seen[i] - beforeSeconds < 0) {
                remove(i);
            }
        }
    }

    /** Forgets all that is behind a port. */
    public synchronized void forget(int port) {
        for (int i = 0; i < entries.length; i++) {
            if ((entries[i] & PORT) == port + 1) {
                remove(i);
            }
        }
    }

    public synchronized int size() {
        return size;
    }

    /** How often an address was seen at another port than before. */
    public synchronized long moves() {
        return moves;
    }

    /** How often an address was not learned for want of room. */
    public synchronized long refused() {
        return refused;
    }
}
