package io.tapwright.switchctl;

import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;

/** The switch as its {@link SwitchServer} sees it. */
public interface SwitchControl {

    /**
     * Has this, and nothing else: ports that are as they were go on without a lost frame. One call at a time, on a thread
     * of the server's.
     *
     * @return the state with all of it in; a port that can't be had is in it as failed
     * @throws RuntimeException where nothing of it was done; its message is the answer
     */
    SwitchState apply(DesiredSwitch desired);

    /**
     * Frames from and to one port, from now on. Whoever reads is slower than the frames come loses some, and delays none.
     *
     * @param snapLength so many bytes of each at most
     * @throws io.tapwright.model.capture.CaptureException where there is no such port
     */
    CaptureSource capture(String network, String port, int snapLength);

    /** How things stand, with counters of this moment. Any thread, also while {@link #apply} is under way. */
    SwitchState state();
}
