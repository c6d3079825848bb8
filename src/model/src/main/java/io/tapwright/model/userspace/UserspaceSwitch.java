package io.tapwright.model.userspace;

import java.util.concurrent.CompletableFuture;

/**
 * The port to the switch, which is a process of its own. No method waits for it: answers come to the
 * {@link UserspaceSwitchListener}, or complete a future, on the implementation's own thread. A switch that can't be
 * reached is unknown, not gone: what it forwards it goes on forwarding.
 *
 * <p>Any thread.
 */
public interface UserspaceSwitch extends AutoCloseable {

    /** Connects, and goes on trying for ever. */
    void start(UserspaceSwitchListener listener);

    /**
     * Hands over all that is wanted, now and after every reconnection, until the next call, which replaces it.
     *
     * @return the state once the switch has done this or a later one of these calls; fails with {@link SwitchException}
     *         where it refuses, can't be reached, or is lost before it answers
     */
    CompletableFuture<SwitchState> apply(DesiredSwitch desired);

    /** The state with counters of this moment; fails with {@link SwitchException} as {@link #apply} does. */
    CompletableFuture<SwitchState> state();

    /** Ends the connection; the switch goes on as it is. */
    @Override
    void close();
}
