package io.tapwright.model.host;

/** Hears what the kernel says of devices. A call is a hint to look again, never the truth itself. */
public interface LinkListener {

    /** A device is new or has changed. */
    void onChanged(Link link);

    /** A device is gone. */
    void onGone(LinkRef link);

    /** Notifications were lost: anything may have changed. */
    void onOverrun();
}
