package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.VirtioNetHeader;

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
    /** What each frame asks for, {@link Offloads}; filled in where one of the batch asks for anything. */
    private final int[] wanted = new int[FrameBatch.CAPACITY];
    private final Workshop workshop = new Workshop();
    private boolean asking;

    /**
     * Sends the frames on.
     *
     * @param from   the number of the port that they came from
     * @param mayAsk what that port's frames may ask for, {@link Offloads}
     * @param drops  where those are counted that go nowhere, or not to every port that they are for
     */
    void forward(Segment segment, int from, int mayAsk, SenderDrops drops, FrameBatch batch, int nowSeconds) {
        int count = batch.count;
        boolean flood = route(segment.addresses(), from, drops, batch, count, nowSeconds);
        if (asking) {
            check(batch, count, mayAsk, drops);
        }
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
                        send(ports[port], batch, picked, drops);
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
                send(ports[port], batch, picked, drops);
            }
        }
    }

    /** Drops what asks for what it may not, or for nothing that could be done. */
    private void check(FrameBatch batch, int count, int mayAsk, SenderDrops drops) {
        for (int i = 0; i < count; i++) {
            Frame frame = batch.frames[i];
            frame.offload &= VirtioNetHeader.KNOWN;
            wanted[i] = Offloads.wantedBy(frame);
            // -1, no sense, is not allowed either.
            if (to[i] != DROP && (wanted[i] & ~mayAsk) != 0) {
                to[i] = DROP;
                drops.invalid++;
            }
        }
    }

    /** Sends what was picked; what the port can't take as it is is worked on first. */
    private void send(Port port, FrameBatch batch, int picked, SenderDrops drops) {
        if (asking) {
            int lacking = ~port.offloads();
            int toDo = 0;
            for (int i = 0; i < picked; i++) {
                toDo |= wanted[picks[i]] & lacking;
            }
            if (toDo != 0) {
                drops.invalid += workshop.send(port, batch, picks, picked, wanted, lacking);
                return;
            }
        }
        port.send(batch, picks, picked);
    }

    /** Fills {@link #to}; true if something goes to all. */
    private boolean route(MacTable addresses, int from, SenderDrops drops, FrameBatch batch, int count, int nowSeconds) {
        boolean flood = false;
        long offloads = 0;
        // What no frame has: addresses are of 48 bits.
        long lastSource = -1;
        long lastDestination = -1;
        int lastPort = FLOOD;
        for (int i = 0; i < count; i++) {
            Frame frame = batch.frames[i];
            offloads |= frame.offload;
            long source = frame.source;
            if (source != lastSource) {
                if ((source & 1) != 0 || source == 0) {
                    to[i] = DROP;
                    drops.invalid++;
                    continue;
                }
                addresses.learn(source, from, nowSeconds);
                lastSource = source;
            }
            long destination = frame.destination;
            int port;
            if ((destination & 1) != 0) {
                port = FLOOD;
                // Spanning tree's own address is flooded, as a bridge that takes no part in it does.
                if ((destination & LINK_LOCAL_MASK) == LINK_LOCAL && destination != LINK_LOCAL) {
                    port = DROP;
                    drops.linkLocal++;
                }
            } else if (destination == lastDestination) {
                port = lastPort;
            } else {
                port = addresses.portOf(destination);
                lastDestination = destination;
                lastPort = port;
            }
            if (port == from) {
                port = DROP;
                drops.hairpin++;
            }
            to[i] = port;
            flood |= port == FLOOD;
        }
        asking = (offloads & VirtioNetHeader.ASKING) != 0;
        return flood;
    }
}
