package io.tapwright.libvirt;

import com.sun.jna.Pointer;
import io.tapwright.libvirt.xml.DomainXmlException;
import io.tapwright.model.DomainId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.libvirt.jna.ConnectionPointer;
import org.libvirt.jna.DomainPointer;
import org.libvirt.jna.Libvirt.VirDomainEventCallback;

/** One connection from opening to closing. On the libvirt thread alone. */
final class Session {

    private static final LibvirtExtension LIBVIRT = LibvirtExtension.LIBVIRT;
    private static final Duration LOOP_TURN = Duration.ofSeconds(1);

    private final Connection connection;
    private final DomainEvents events;
    private final Readings readings = new Readings();
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
     * Lists every domain, and reads those that are new, that the list has otherwise than they were read, that were named,
     * and those whose reading is the oldest. The first list of a session reads them all.
     *
     * @param named   domains to be read whatever the list has of them: an event came, or somebody asked
     * @param renewed how many of the oldest readings are renewed
     * @param stop    asked between domains: true ends the listing
     * @return empty where it was stopped
     * @throws LibvirtFault where the connection is gone
     */
    Optional<List<DomainAnswer>> list(Set<DomainId> named, int renewed, BooleanSupplier stop) throws LibvirtFault {
        try (DomainList list = DomainList.all(connection.pointer())) {
            Set<DomainId> transients = DomainList.transients(connection.pointer());
            Set<DomainId> toRead = new HashSet<>(named);
            toRead.addAll(readings.oldest(renewed));
            Set<DomainId> listed = new HashSet<>();
            List<DomainAnswer> answers = new ArrayList<>();
            for (DomainPointer domain : list.domains()) {
                if (stop.getAsBoolean()) {
                    return Optional.empty();
                }
                DomainId id = DomainReader.id(domain);
                listed.add(id);
                boolean persistent = !transients.contains(id);
                Optional<Reading> stands = toRead.contains(id) ? Optional.empty() : standing(domain, id, persistent);
                answers.add(stands.isPresent() ? new DomainAnswer.Known(stands.get().report())
                        : answer(domain, id, () -> persistent));
            }
            readings.forgetAllBut(listed);
            return Optional.of(answers);
        }
    }

    /**
     * All domains that there are; what is not among them is forgotten.
     *
     * @throws LibvirtFault where the connection is gone
     */
    Set<DomainId> ids() throws LibvirtFault {
        try (DomainList list = DomainList.all(connection.pointer())) {
            Set<DomainId> ids = new HashSet<>();
            for (DomainPointer domain : list.domains()) {
                ids.add(DomainReader.id(domain));
            }
            readings.forgetAllBut(ids);
            return ids;
        }
    }

    private Optional<Reading> standing(DomainPointer domain, DomainId id, boolean persistent) {
        return readings.of(id).filter(last -> DomainReader.name(domain)
                .filter(name -> last.isOf(name, DomainReader.number(domain), persistent)).isPresent());
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
            return answer(domain, id, () -> DomainReader.isPersistent(domain, id));
        } finally {
            LIBVIRT.virDomainFree(domain);
        }
    }

    private interface Persistence {
        boolean isGiven() throws LibvirtFault;
    }

    private DomainAnswer answer(DomainPointer domain, DomainId id, Persistence persistence) throws LibvirtFault {
        long askedNanos = System.nanoTime();
        Optional<Reading> before = readings.of(id);
        readings.forget(id);
        try {
            Reading reading = DomainReader.read(domain, id, persistence.isGiven(), askedNanos, before);
            readings.put(reading);
            return new DomainAnswer.Known(reading.report());
        } catch (DomainXmlException e) {
            return new DomainAnswer.Unreadable(
                    id, "read the XML of domain " + DomainReader.label(domain, id) + ": " + e.getMessage());
        } catch (LibvirtFault e) {
            return verdict(e, id, DomainReader.label(domain, id), askedNanos);
        }
    }

    /** A domain that cannot be read is that domain's trouble, unless nothing can be. */
    private DomainAnswer verdict(LibvirtFault fault, DomainId id, String label, long askedNanos) throws LibvirtFault {
        if (fault.isNoDomain()) {
            readings.forget(id);
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
