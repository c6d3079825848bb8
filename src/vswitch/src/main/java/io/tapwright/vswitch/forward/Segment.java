package io.tapwright.vswitch.forward;

import java.util.Arrays;

/**
 * One network's layer-2 segment: its ports by number, and where the addresses are. The loop changes it; workers
 * read the ports once a batch.
 */
public final class Segment {

    private static final int ADDRESSES = 32768;
    private static final int ADDRESSES_PER_PORT = 8192;

    private final String name;
    private final MacTable addresses = new MacTable(ADDRESSES, ADDRESSES_PER_PORT);
    /** By number; null where a port is gone. Replaced, never changed. */
    private volatile Port[] ports = {};

    public Segment(String name) {
        this.name = name;
    }

    public String name() {
        return name;
    }

    public MacTable addresses() {
        return addresses;
    }

    Port[] ports() {
        return ports;
    }

    /** @return the port's number */
    public synchronized int add(Port port) {
        int number = Arrays.asList(ports).indexOf(null);
        Port[] next = number < 0 ? Arrays.copyOf(ports, ports.length + 1) : ports.clone();
        if (number < 0) {
            number = ports.length;
        }
        if (number > MacTable.MOST_PORTS) {
            throw new IllegalStateException("network " + name + " has " + ports.length + " ports, which is the most");
        }
        next[number] = port;
        ports = next;
        return number;
    }

    /** A worker that is at a batch may send to it once more. */
    public synchronized void remove(int number) {
        Port[] next = ports.clone();
        next[number] = null;
        ports = next;
        addresses.forget(number);
    }
}
