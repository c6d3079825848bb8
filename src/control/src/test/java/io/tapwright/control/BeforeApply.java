package io.tapwright.control;

import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import java.util.function.Consumer;

/** Something happens just before each action. */
final class BeforeApply extends ThroughHostNetwork {

    private final Consumer<HostAction> what;

    BeforeApply(HostNetwork kernel, Consumer<HostAction> what) {
        super(kernel);
        this.what = what;
    }

    @Override
    public void apply(HostAction action) {
        what.accept(action);
        super.apply(action);
    }
}
