package io.tapwright.libvirt;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.Map;
import org.libvirt.jna.ConnectionPointer;
import org.libvirt.jna.DomainPointer;
import org.libvirt.jna.Libvirt;

/**
 * libvirt as C has it: what libvirt-java binds, reached directly, and what it lacks. Nothing here decides anything.
 *
 * <p>Why directly: libvirt-java's listeners make a domain object with a finalizer for each event, have no way to
 * deregister REBOOT, and its strings follow the platform's encoding where libvirt's are UTF-8. Functions used from the
 * inherited set, by their header:
 * <ul>
 * <li>libvirt/libvirt-event.h: virEventRegisterDefaultImpl, virEventRunDefaultImpl, virEventAddTimeout,
 *     virEventUpdateTimeout, virEventRemoveTimeout
 * <li>libvirt/libvirt-host.h: virConnectRegisterCloseCallback, virConnectUnregisterCloseCallback
 * <li>libvirt/libvirt-domain.h: virConnectDomainEventRegisterAny, virConnectDomainEventDeregisterAny,
 *     virConnectListAllDomains, virDomainLookupByUUID, virDomainGetUUID, virDomainGetName, virDomainGetID,
 *     virDomainIsPersistent, virDomainGetXMLDesc, virDomainFree
 * <li>libvirt/virterror.h: virSetErrorFunc
 * </ul>
 * Any thread may call; libvirt's last error is each thread's own. Callbacks must be held strongly for as long as libvirt
 * knows them: JNA keeps none.
 */
interface LibvirtExtension extends Libvirt {

    /** {@code VIR_DOMAIN_XML_INACTIVE} of virDomainXMLFlags (libvirt/libvirt-domain.h). */
    int XML_INACTIVE = 1 << 1;

    /** {@code VIR_CONNECT_LIST_DOMAINS_TRANSIENT} of virConnectListAllDomainsFlags (libvirt/libvirt-domain.h). */
    int LIST_TRANSIENT = 1 << 3;

    /** What virDomainGetID says of a domain that does not run. */
    int NOT_RUNNING = -1;

    /** {@code VIR_DOMAIN_EVENT_ID_*} of virDomainEventID (libvirt/libvirt-domain.h). */
    int EVENT_LIFECYCLE = 0;
    int EVENT_REBOOT = 1;
    int EVENT_DEVICE_REMOVED = 15;
    int EVENT_DEVICE_ADDED = 19;
    int EVENT_DEVICE_REMOVAL_FAILED = 22;
    int EVENT_METADATA_CHANGE = 23;

    /** For virSetErrorFunc: libvirt prints each error on stderr unless it is given a place to put it. */
    VirErrorCallback QUIET = (userData, error) -> {
        // The call that failed says so itself.
    };

    /** Loads libvirt.so.0 and registers its own event loop, which must come before the first connection. */
    LibvirtExtension LIBVIRT = Loader.load();

    /** {@code int virGetLastErrorCode(void)} (libvirt/virterror.h): of this thread, 0 where nothing failed. */
    int virGetLastErrorCode();

    /** {@code const char *virGetLastErrorMessage(void)} (libvirt/virterror.h): never null, owned by libvirt. */
    String virGetLastErrorMessage();

    /**
     * {@code virConnectDomainEventDeviceAddedCallback}, {@code virConnectDomainEventDeviceRemovedCallback} and
     * {@code virConnectDomainEventDeviceRemovalFailedCallback} (libvirt/libvirt-domain.h), which are alike.
     */
    interface DeviceCallback extends VirDomainEventCallback {
        void eventCallback(ConnectionPointer connection, DomainPointer domain, Pointer deviceAlias, Pointer opaque);
    }

    /** {@code virConnectDomainEventMetadataChangeCallback} (libvirt/libvirt-domain.h). */
    interface MetadataCallback extends VirDomainEventCallback {
        void eventCallback(
                ConnectionPointer connection, DomainPointer domain, int type, Pointer namespaceUri, Pointer opaque);
    }

    /** What has just failed on this thread. */
    default LibvirtFault fault(String doing) {
        int code = virGetLastErrorCode();
        return new LibvirtFault(doing, code, code == 0 ? "libvirt gave no reason" : virGetLastErrorMessage());
    }

    /** Makes {@link #LIBVIRT}; a class of its own, since an interface has no initializer. */
    final class Loader {

        private Loader() {
        }

        private static LibvirtExtension load() {
            LibvirtExtension libvirt = Native.load(
                    "virt", LibvirtExtension.class, Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));
            if (libvirt.virEventRegisterDefaultImpl() < 0) {
                throw new IllegalStateException("register libvirt's event loop: " + libvirt.virGetLastErrorMessage());
            }
            return libvirt;
        }
    }
}
