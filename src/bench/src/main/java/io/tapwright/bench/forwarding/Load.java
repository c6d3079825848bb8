package io.tapwright.bench.forwarding;

/**
 * The traffic that a contender is given.
 *
 * @param size  of a frame in bytes, Ethernet header included, checksum of the wire not
 * @param ways  1: from the first port of each pair to the second; 2: also back
 * @param ports in pairs
 * @param macs  addresses on all ports together
 */
record Load(int size, int ways, int ports, int macs) {

    private static final int ETHERNET_HEADER = 14;
    private static final int USUAL_MTU = 1500;
    private static final int JUMBO_MTU = 9000;

    static Load between(int size) {
        return new Load(size, 1, 2, 2);
    }

    /** What a back-end's ports are set to. */
    int mtu() {
        return size - ETHERNET_HEADER <= USUAL_MTU ? USUAL_MTU : JUMBO_MTU;
    }
}
