package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.frame.FrameBatch;

/**
 * What frames come from: one queue of a port. Its worker alone calls it.
 *
 * <p>A source with nothing to do costs a look at memory, or nothing; it never waits.
 */
public interface Source {

    /**
     * Adds what came to an empty batch. Where it adds some, {@link #giveBack} follows; the frames stay where they are until then.
     *
     * @return whether it did anything
     */
    boolean receive(FrameBatch batch);

    void giveBack(FrameBatch batch);

    /** Lets go of what {@link #receive} took, after a fault in the middle of a batch; a guest's queue gives nothing any more. */
    void abandon(String why);

    /** The number of the port in its network, which its frames come from. */
    int port();

    Segment segment();

    /** What its frames may ask for: bits of {@link Offloads}. */
    int offloads();

    /** Where those of its frames are counted that go nowhere. */
    SenderDrops drops();

    /**
     * Asks to be called by way of the worker's epoll.
     *
     * @return false if there is something to do already
     */
    boolean askForCalls();

    /** The worker looks by itself from now on. */
    void doWithoutCalls();

    /**
     * Whether what it is called by is told of once for each write, so that nobody has to read it: what a peer has too may
     * have nothing left to read by then, and be such that a read waits. Else it is told of for as long as there is something.
     */
    boolean isCalledByWrites();

    /** Its descriptor is ready, or was written to. */
    void called();
}
