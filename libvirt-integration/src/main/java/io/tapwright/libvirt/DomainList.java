package io.tapwright.libvirt;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.tapwright.model.DomainId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.libvirt.jna.ConnectionPointer;
import org.libvirt.jna.DomainByReference;
import org.libvirt.jna.DomainPointer;

/**
 * What virConnectListAllDomains answers: domain objects, each with the UUID, name and number that libvirt sent with the
 * list, so that asking for those costs no question. To be closed, which frees the objects. On the libvirt thread.
 */
final class DomainList implements AutoCloseable {

    private static final LibvirtExtension LIBVIRT = LibvirtExtension.LIBVIRT;

    private final Pointer array;
    private final List<DomainPointer> domains;

    private DomainList(Pointer array, List<DomainPointer> domains) {
        this.array = array;
        this.domains = domains;
    }

    static DomainList all(ConnectionPointer connection) throws LibvirtFault {
        return ask(connection, 0);
    }

    /** The domains without a definition, which on most hosts are few. */
    static Set<DomainId> transients(ConnectionPointer connection) throws LibvirtFault {
        try (DomainList list = ask(connection, LibvirtExtension.LIST_TRANSIENT)) {
            Set<DomainId> ids = new HashSet<>();
            for (DomainPointer domain : list.domains()) {
                ids.add(DomainReader.id(domain));
            }
            return ids;
        }
    }

    private static DomainList ask(ConnectionPointer connection, int flags) throws LibvirtFault {
        DomainByReference result = new DomainByReference();
        int count = LIBVIRT.virConnectListAllDomains(connection, result, flags);
        if (count < 0) {
            throw LIBVIRT.fault("list domains");
        }
        Pointer array = result.getValue();
        List<DomainPointer> domains = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            // In bounds: libvirt made the array with that many pointers and a null behind them.
            domains.add(new DomainPointer(array.getPointer((long) i * Native.POINTER_SIZE)));
        }
        return new DomainList(array, domains);
    }

    /** Good until this is closed. */
    List<DomainPointer> domains() {
        return domains;
    }

    @Override
    public void close() {
        domains.forEach(LIBVIRT::virDomainFree);
        Native.free(Pointer.nativeValue(array));
    }
}
