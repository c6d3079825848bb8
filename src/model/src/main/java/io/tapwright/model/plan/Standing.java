package io.tapwright.model.plan;

import io.tapwright.model.status.NicState;
import java.util.Optional;

/** A state with the reason for it. */
public record Standing(NicState state, Optional<String> reason) {

    public static Standing ready() {
        return new Standing(NicState.READY, Optional.empty());
    }

    public static Standing ready(String reason) {
        return new Standing(NicState.READY, Optional.of(reason));
    }

    public static Standing wired() {
        return new Standing(NicState.WIRED, Optional.empty());
    }

    public static Standing pending(String reason) {
        return new Standing(NicState.PENDING, Optional.of(reason));
    }

    public static Standing failed(String reason) {
        return new Standing(NicState.FAILED, Optional.of(reason));
    }

    public static Standing observed(Optional<String> reason) {
        return new Standing(NicState.OBSERVED, reason);
    }
}
