package io.tapwright.agent.bus;

import io.tapwright.control.ControlListener;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NicStatus;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;

/**
 * Publishes each change on the event bus. Publishing hands the message to the subscribers' own contexts and returns, so
 * a slow subscriber delays only itself.
 */
public final class BusPublisher implements ControlListener {

    public static final String NIC = "tapwright.nic";
    public static final String DOMAIN = "tapwright.domain";
    public static final String LIBVIRT = "tapwright.libvirt";
    public static final String DRIFT = "tapwright.drift";
    /** Request and reply: any body, the answer is the whole snapshot. */
    public static final String STATUS = "tapwright.status";

    private static final String REMOVED = "removed";

    private final EventBus bus;

    public BusPublisher(EventBus bus) {
        this.bus = bus;
    }

    @Override
    public void nicChanged(NicStatus status) {
        bus.publish(NIC, StatusJson.of(status));
    }

    @Override
    public void nicRemoved(NicStatus last) {
        bus.publish(NIC, StatusJson.of(last).put("state", REMOVED).putNull("reason"));
    }

    @Override
    public void domainChanged(DomainStatus status) {
        bus.publish(DOMAIN, StatusJson.of(status));
    }

    @Override
    public void domainRemoved(DomainStatus last) {
        JsonObject json = StatusJson.of(last).put("phase", REMOVED).put("active", false);
        bus.publish(DOMAIN, json);
    }

    @Override
    public void drifted(String owner, String device, String kind) {
        bus.publish(DRIFT, new JsonObject().put("owner", owner).put("device", device).put("kind", kind));
    }

    @Override
    public void libvirtChanged(LibvirtStatus status) {
        bus.publish(LIBVIRT, StatusJson.of(status));
    }
}
