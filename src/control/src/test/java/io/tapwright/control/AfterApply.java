package io.tapwright.control;

import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import java.util.function.Consumer;

/** Something happens just after each action that the kernel has carried out. */
final class AfterApply extends ThroughHostNetwork {

    private final Consumer<HostAction> what;

    AfterApply(HostNetwork kernel, Consumer<HostAction> what) {
        super(kernel);
        this.what = what;
    }

    @Override
    public void apply(HostAction action) {
        super.apply(action);
        what.accept(action);
    }
}
