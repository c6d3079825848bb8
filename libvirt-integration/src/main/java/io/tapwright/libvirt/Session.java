package io.tapwright.libvirt;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.tapwright.model.DomainId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.libvirt.jna.ConnectionPointer;
import org.libvirt.jna.DomainByReference;
import org.libvirt.jna.DomainPointer;
import org.libvirt.jna.Libvirt.VirDomainEventCallback;

/** One connection from opening to closing. On the libvirt thread alone. */
final class Session {

    private static final LibvirtExtension LIBVIRT = LibvirtExtension.LIBVIRT;
    private static final Duration LOOP_TURN = Duration.ofSeconds(1);


    private final Connection connection;
    private final DomainEvents events;
    private final List<Integer> registrations = new ArrayList<>();
    private boolean closeRegistered;

    private Session(Connection connection, DomainEvents events) {
        this.connection = connection;
        this.events = events;
    }

    /** Gives this package libvirt-java's native pointer. */
    private static final class Connection extends Connect {
        Connection(String uri) throws LibvirtException {
            super(uri, true);
        }

        ConnectionPointer pointer() {
            return vcp;
        }
    }

    /** Can take as long as libvirtd likes. The session is to be closed, registered or not. */
    static Session open(String uri, DomainEvents events) throws LibvirtFault {
        try {
            return new Session(new Connection(uri), events);
        } catch (LibvirtException e) {
            throw new LibvirtFault("connect to " + uri, 0, e.getMessage());
        }
    }

    /**
     * Subscribes to everything; from here on nothing that happens goes unheard.
     *
     * @param number comes back with the word that the connection is lost
     */
    void register(LibvirtSettings settings, long number) throws LibvirtFault {
        keepAlive(settings);
        if (LIBVIRT.virConnectRegisterCloseCallback(
                connection.pointer(), events.closed(), Pointer.createConstant(number), null) < 0) {
            throw LIBVIRT.fault("register for the connection's end");
        }
        closeRegistered = true;
        for (Map.Entry<Integer, VirDomainEventCallback> event : events.byEventId().entrySet()) {
            int id = LIBVIRT.virConnectDomainEventRegisterAny(
                    connection.pointer(), null, event.getKey(), event.getValue(), null, null);
            if (id < 0) {
                throw LIBVIRT.fault("register for domain events of id " + event.getKey());
            }
            registrations.add(id);
        }
    }

    private void keepAlive(LibvirtSettings settings) throws LibvirtFault {
        try {
            connection.setKeepAlive((int) settings.keepAliveInterval().toSeconds(), settings.keepAliveCount());
        } catch (LibvirtException e) {
            if (!isAlive()) {
                throw new LibvirtFault("turn keep-alive on", 0, e.getMessage());
            }
        }
    }

    boolean isAlive() {
        return LIBVIRT.virConnectIsAlive(connection.pointer()) == 1;
    }

    /**
     * Reads every domain.
     *
     * @param stop asked between domains: true ends the listing
     * @return empty where it was stopped
     * @throws LibvirtFault where the connection is gone
     */
    Optional<List<DomainAnswer>> list(BooleanSupplier stop) throws LibvirtFault {
        DomainByReference array = new DomainByReference();
        int count = LIBVIRT.virConnectListAllDomains(connection.pointer(), array, 0);
        if (count < 0) {
            throw LIBVIRT.fault("list domains");
        }
        Pointer domains = array.getValue();
        List<DomainAnswer> answers = new ArrayList<>(count);
        try {
            for (int i = 0; i < count; i++) {
                if (stop.getAsBoolean()) {
                    return Optional.empty();
                }
                answers.add(answer(domain(domains, i)));
            }
        } finally {
            for (int i = 0; i < count; i++) {
                LIBVIRT.virDomainFree(domain(domains, i));
            }
            Native.free(Pointer.nativeValue(domains));
        }
        return Optional.of(answers);
    }

    /** In bounds: libvirt made the array with that many pointers and a null behind them. */
    private static DomainPointer domain(Pointer array, int index) {
        return new DomainPointer(array.getPointer((long) index * Native.POINTER_SIZE));
    }

    /**
     * Reads one domain.
     *
     * @throws LibvirtFault where the connection is gone
     */
    DomainAnswer read(DomainId id) throws LibvirtFault {
        long askedNanos = System.nanoTime();
        DomainPointer domain = LIBVIRT.virDomainLookupByUUID(connection.pointer(), Uuids.toBytes(id));
        if (domain == null) {
            return verdict(LIBVIRT.fault("look up domain " + id), id, id.toString(), askedNanos);
        }
        try {
            return answer(domain);
        } finally {
            LIBVIRT.virDomainFree(domain);
        }
    }

    private DomainAnswer answer(DomainPointer domain) throws LibvirtFault {
        long askedNanos = System.nanoTime();
        DomainId id = DomainReader.id(domain);
        try {
            return DomainReader.read(domain);
        } catch (LibvirtFault e) {
            return verdict(e, id, DomainReader.label(domain, id), askedNanos);
        }
    }

    /** A domain that cannot be read is that domain's trouble, unless nothing can be. */
    private DomainAnswer verdict(LibvirtFault fault, DomainId id, String label, long askedNanos) throws LibvirtFault {
        if (fault.isNoDomain()) {
            return new DomainAnswer.Gone(id, askedNanos);
        }
        if (!isAlive()) {
            throw fault;
        }
        return new DomainAnswer.Unreadable(id, "domain " + label + ": " + fault.getMessage());
    }

    /**
     * Deregisters and closes. libvirt counts each registration as a user of the connection, and one that is being called
     * at this moment until its call is over: hence the turn of the loop before closing. Works on a dead connection too.
     *
     * @return what went wrong, empty where libvirt let go of everything
     */
    Optional<String> close(EventLoop loop) {
        for (int id : registrations) {
            LIBVIRT.virConnectDomainEventDeregisterAny(connection.pointer(), id);
        }
        if (closeRegistered) {
            LIBVIRT.virConnectUnregisterCloseCallback(connection.pointer(), events.closed());
        }
        loop.awaitTurn(LOOP_TURN);
        try {
            int users = connection.close();
            loop.awaitTurn(LOOP_TURN); // the loop closes the sockets
            return users == 0 ? Optional.empty()
                    : Optional.of("close connection: " + users + " users of it are left, so it stays open");
        } catch (LibvirtException e) {
            return Optional.of("close connection: " + e.getMessage());
        }
    }
}
