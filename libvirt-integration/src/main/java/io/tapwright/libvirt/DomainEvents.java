package io.tapwright.libvirt;

import com.sun.jna.Pointer;
import io.tapwright.libvirt.LibvirtExtension.DeviceCallback;
import io.tapwright.libvirt.LibvirtExtension.MetadataCallback;
import io.tapwright.model.DomainId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.libvirt.jna.DomainPointer;
import org.libvirt.jna.Libvirt;
import org.libvirt.jna.Libvirt.VirConnectCloseFunc;
import org.libvirt.jna.Libvirt.VirConnectDomainEventCallback;
import org.libvirt.jna.Libvirt.VirConnectDomainEventGenericCallback;
import org.libvirt.jna.Libvirt.VirDomainEventCallback;

/**
 * What libvirt calls. Each callback queues the domain's id and returns; it keeps no hold on the domain, which is libvirt's
 * for the length of the call. Runs on {@code libvirt-events}, inside native code: nothing may be thrown.
 *
 * <p>One object serves every connection of a hypervisor and lives as long as that does: these fields are the strong
 * references without which JNA would free the native side under libvirt.
 */
final class DomainEvents {

    private static final LibvirtExtension LIBVIRT = LibvirtExtension.LIBVIRT;

    private final WorkQueue queue;
    private final VirConnectDomainEventCallback lifecycle;
    private final VirConnectDomainEventGenericCallback reboot;
    private final DeviceCallback deviceAdded;
    private final DeviceCallback deviceRemoved;
    private final DeviceCallback deviceRemovalFailed;
    private final MetadataCallback metadataChange;
    private final VirConnectCloseFunc closed;

    DomainEvents(WorkQueue queue) {
        this.queue = queue;
        lifecycle = (connection, domain, event, detail, opaque) -> {
            queue(EventNames.lifecycle(event), domain);
            return 0;
        };
        reboot = (connection, domain, opaque) -> queue("REBOOT", domain);
        deviceAdded = (connection, domain, alias, opaque) -> queue("DEVICE_ADDED", domain);
        deviceRemoved = (connection, domain, alias, opaque) -> queue("DEVICE_REMOVED", domain);
        deviceRemovalFailed = (connection, domain, alias, opaque) -> queue("DEVICE_REMOVAL_FAILED", domain);
        metadataChange = (connection, domain, type, namespace, opaque) -> queue("METADATA_CHANGE", domain);
        closed = (connection, reason, opaque) -> lost(reason, opaque);
    }

    /** Event id to callback, each to be registered on every connection. */
    Map<Integer, VirDomainEventCallback> byEventId() {
        Map<Integer, VirDomainEventCallback> all = new LinkedHashMap<>();
        all.put(LibvirtExtension.EVENT_LIFECYCLE, lifecycle);
        all.put(LibvirtExtension.EVENT_REBOOT, reboot);
        all.put(LibvirtExtension.EVENT_DEVICE_ADDED, deviceAdded);
        all.put(LibvirtExtension.EVENT_DEVICE_REMOVED, deviceRemoved);
        all.put(LibvirtExtension.EVENT_DEVICE_REMOVAL_FAILED, deviceRemovalFailed);
        all.put(LibvirtExtension.EVENT_METADATA_CHANGE, metadataChange);
        return all;
    }

    /** To be registered with the session's number as its opaque pointer. */
    VirConnectCloseFunc closed() {
        return closed;
    }

    private void queue(String name, DomainPointer domain) {
        try {
            byte[] uuid = new byte[Libvirt.VIR_UUID_BUFLEN];
            if (LIBVIRT.virDomainGetUUID(domain, uuid) < 0) {
                queue.problem("event " + name + ": domain without UUID: " + LIBVIRT.virGetLastErrorMessage());
                queue.listAll();
                return;
            }
            DomainId id = Uuids.fromBytes(uuid);
            queue.event(name, id);
        } catch (Throwable t) { // native code is the caller
            queue.problem("event " + name + ": " + t);
        }
    }

    private void lost(int reason, Pointer opaque) {
        try {
            queue.lost(Pointer.nativeValue(opaque), EventNames.closeReason(reason));
        } catch (Throwable t) { // native code is the caller
            queue.problem("connection closed: " + t);
        }
    }
}
