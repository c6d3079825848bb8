package io.tapwright.switchctl;

import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A switch that remembers what it was told. */
final class ScriptedControl implements SwitchControl {

    final List<DesiredSwitch> applied = new CopyOnWriteArrayList<>();
    volatile SwitchState state = Samples.STATE;
    volatile Consumer<DesiredSwitch> onApply = desired -> { };

    @Override
    public SwitchState apply(DesiredSwitch desired) {
        onApply.accept(desired);
        applied.add(desired);
        return state;
    }

    @Override
    public SwitchState state() {
        return state;
    }
}
