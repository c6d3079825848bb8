package io.tapwright.switchctl;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/** A switch that remembers what it was told. */
final class ScriptedControl implements SwitchControl {

    final List<DesiredSwitch> applied = new CopyOnWriteArrayList<>();
    volatile SwitchState state = Samples.STATE;
    volatile Consumer<DesiredSwitch> onApply = desired -> { };
    /** By the length of the snap. */
    volatile IntFunction<CaptureSource> onCapture = snapLength -> {
        throw new CaptureException("no such port");
    };

    @Override
    public SwitchState apply(DesiredSwitch desired) {
        onApply.accept(desired);
        applied.add(desired);
        return state;
    }

    @Override
    public CaptureSource capture(String network, String port, int snapLength) {
        return onCapture.apply(snapLength);
    }

    @Override
    public SwitchState state() {
        return state;
    }
}
