package io.tapwright.control;

import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchException;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.model.userspace.UserspaceSwitch;
import io.tapwright.model.userspace.UserspaceSwitchListener;
import java.util.concurrent.CompletableFuture;

/** In place of a switch where no network has one. */
final class NoSwitch implements UserspaceSwitch {

    @Override
    public void start(UserspaceSwitchListener listener) {
        // There is nothing to hear of.
    }

    @Override
    public CompletableFuture<SwitchState> apply(DesiredSwitch desired) {
        return state();
    }

    @Override
    public CompletableFuture<SwitchState> state() {
        return CompletableFuture.failedFuture(new SwitchException("no network has a switch in user space"));
    }

    @Override
    public void close() {
        // Nothing was opened.
    }
}
