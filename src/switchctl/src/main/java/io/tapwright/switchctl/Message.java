package io.tapwright.switchctl;

import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;
import java.util.OptionalLong;

/** One line of the conversation. */
sealed interface Message {

    /** From the agent: have this, and nothing else. */
    record Apply(long id, DesiredSwitch desired) implements Message {
    }

    /** From the agent: say how things stand, with counters. */
    record Ask(long id) implements Message {
    }

    /** From the agent: from now on, nothing but frames of this port, so many bytes of each at most. */
    record Capture(long id, String network, String port, int snapLength) implements Message {
    }

    /** From the switch: the last line on this connection; what follows are {@link CaptureRecords}. */
    record Capturing(long answers) implements Message {
    }

    /** From the switch, first on a connection. */
    record Welcome(DesiredSwitch held, SwitchState state) implements Message {
    }

    /** From the switch. @param answers the request, empty where none asked */
    record State(OptionalLong answers, SwitchState state) implements Message {
    }

    /** From the switch: one line. @param answers the request, empty where it could not be read */
    record Failure(OptionalLong answers, String reason) implements Message {
    }
}
