package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;

/**
 * Decides where the frames of a batch go, and sends them there: learns from the sources, floods what it does not know.
 * One worker's.
 */
final class Forwarder {

    private static final int FLOOD = -1;
    private static final int DROP = -2;

    /** 01:80:c2:00:00:0x, which a bridge does not forward (IEEE 802.1Q, table 8-1); written with the first octet lowest. */
    private static final long LINK_LOCAL = 0x0000_00c2_8001L;
    private static final long LINK_LOCAL_MASK = 0xf0ff_ffff_ffffL;

    private final int[] to = new int[FrameBatch.CAPACITY];
    private final int[] picks = new int[FrameBatch.CAPACITY];
    private long dropped;

    /** How many frames went nowhere: back to where they came from, or to addresses that are not forwarded. */
    long dropped() {
        return dropped;
    }

    /** @param from the number of the port that they came from */
    void forward(Segment segment, int from, FrameBatch batch, int nowSeconds) {
        int count = batch.count;
        boolean flood = route(segment.addresses(), from, batch, count, nowSeconds);
        Port[] ports = segment.ports();
        if (flood) {
            // Port by port, so that what each gets is in the order it came.
            for (int port = 0; port < ports.length; port++) {
                if (port != from && ports[port] != null) {
                    int picked = 0;
                    for (int i = 0; i < count; i++) {
                        if (to[i] == FLOOD || to[i] == port) {
                            picks[picked++] = i;
                        }
                    }
                    if (picked > 0) {
                        ports[port].send(batch, picks, picked);
                    }
                }
            }
            return;
        }
        for (int first = 0; first < count; first++) {
            int port = to[first];
            if (port == DROP) {
                continue;
            }
            int picked = 0;
            for (int i = first; i < count; i++) {
                if (to[i] == port) {
                    picks[picked++] = i;
                    to[i] = DROP;
                }
            }
            if (port < ports.length && ports[port] != null) {
                ports[port].send(batch, picks, picked);
            }
        }
    }

    /** Fills {@link #to}; true if something goes to all. */
    private boolean route(MacTable addresses, int from, FrameBatch batch, int count, int nowSeconds) {
        boolean flood = false;
        // What no frame has: addresses are of 48 bits.
        long lastSource = -1;
        long lastDestination = -1;
        int lastPort = FLOOD;
        for (int i = 0; i < count; i++) {
            Frame frame = batch.frames[i];
            long source = frame.source;
            if (source != lastSource) {
                if ((source & 1) != 0 || source == 0) {
                    to[i] = DROP;
                    dropped++;
                    continue;
                }
                addresses.learn(source, from, nowSeconds);
                lastSource = source;
            }
            long destination = frame.destination;
            int port;
            if ((destination & 1) != 0) {
                // Spanning tree's own address is flooded, as a bridge that takes no part in it does.
                port = (destination & LINK_LOCAL_MASK) == LINK_LOCAL && destination != LINK_LOCAL ? DROP : FLOOD;
            } else if (destination == lastDestination) {
                port = lastPort;
            } else {
                port = addresses.portOf(destination);
                lastDestination = destination;
                lastPort = port;
            }
            if (port == from) {
                port = DROP;
            }
            if (port == DROP) {
                dropped++;
            }
            to[i] = port;
            flood |= port == FLOOD;
        }
        return flood;
    }
}
