package io.tapwright.vswitch.forward;

import io.tapwright.model.userspace.PortStatus;

/** How a port stands, and why; tells of each change. The loop's. */
public final class PortStanding {

    private final Runnable onChange;
    private PortStatus status = PortStatus.WAITING;
    private String reason = "";

    public PortStanding(Runnable onChange) {
        this.onChange = onChange;
    }

    public PortStatus status() {
        return status;
    }

    /** Empty where there is nothing to say. */
    public String reason() {
        return reason;
    }

    public void change(PortStatus status, String reason) {
        if (this.status != status || !this.reason.equals(reason)) {
            this.status = status;
            this.reason = reason;
            onChange.run();
        }
    }
}
