package io.tapwright.agent.bus;

import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.LibvirtStatus;
import io.tapwright.model.status.NetworkStatus;
import io.tapwright.model.status.NicStatus;
import io.tapwright.model.status.Snapshot;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.function.Function;

/** The one place where status becomes JSON: the bus and HTTP say the same thing in the same words. Stateless. */
public final class StatusJson {

    private StatusJson() {
    }

    public static JsonObject of(Snapshot snapshot) {
        return new JsonObject()
                .put("version", snapshot.version())
                .put("dryRun", snapshot.dryRun())
                .put("libvirt", of(snapshot.libvirt()))
                .put("networks", array(snapshot.networks(), StatusJson::of))
                .put("domains", array(snapshot.domains(), StatusJson::of));
    }

    public static JsonObject of(LibvirtStatus libvirt) {
        return new JsonObject()
                .put("uri", libvirt.uri())
                .put("state", libvirt.state())
                .put("reason", libvirt.reason())
                .put("since", libvirt.since().toString());
    }

    public static JsonObject of(NetworkStatus network) {
        return new JsonObject()
                .put("name", network.name())
                .put("bridge", network.bridge())
                .put("state", network.state().text())
                .put("reason", network.reason())
                .put("since", network.since().toString());
    }

    public static JsonObject of(DomainStatus domain) {
        return new JsonObject()
                .put("uuid", domain.uuid())
                .put("name", domain.name())
                .put("phase", domain.phase())
                .put("active", !domain.phase().equals("off"))
                .put("persistent", domain.persistent())
                .put("nics", array(domain.nics(), StatusJson::of));
    }

    public static JsonObject of(NicStatus nic) {
        return new JsonObject()
                .put("domain", nic.domain())
                .put("uuid", nic.uuid())
                .put("mac", nic.mac())
                .put("tap", nic.tap())
                .put("network", nic.network())
                .put("bridge", nic.bridge())
                .put("type", nic.type())
                .put("state", nic.state().text())
                .put("reason", nic.reason())
                .put("since", nic.since().toString());
    }

    private static <T> JsonArray array(Collection<T> items, Function<T, JsonObject> toJson) {
        JsonArray array = new JsonArray();
        items.forEach(item -> array.add(toJson.apply(item)));
        return array;
    }
}
