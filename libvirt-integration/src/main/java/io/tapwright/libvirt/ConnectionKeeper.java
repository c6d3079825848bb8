package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.ConnectionState;
import io.tapwright.model.domain.ConnectionState.State;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.HypervisorListener;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * The life of the libvirt thread: connect, register, list, then do what the queue says until the connection is lost; and
 * again, for ever, until the queue is closed. Calls the listener, and shields itself from it.
 */
final class ConnectionKeeper implements Runnable {

    private final LibvirtSettings settings;
    private final InstantSource clock;
    private final WorkQueue queue;
    private final EventLoop loop;
    private final HypervisorListener listener;
    private final Backoff backoff;
    private ConnectionState state;
    private long sessions;

    ConnectionKeeper(LibvirtSettings settings, InstantSource clock, WorkQueue queue, EventLoop loop,
            HypervisorListener listener) {
        this.settings = settings;
        this.clock = clock;
        this.queue = queue;
        this.loop = loop;
        this.listener = listener;
        this.backoff = new Backoff(settings.firstRetry(), settings.maxRetry(), RandomGenerator.getDefault());
    }

    @Override
    public void run() {
        putState(State.CONNECTING, "");
        try {
            runSessions(new DomainEvents(queue));
        } catch (LinkageError e) {
            // Nothing can be loaded a second time where it failed once.
            Throwable cause = e.getCause() == null ? e : e.getCause();
            putState(State.CONNECTING, "load libvirt (libvirt.so.0, libvirt-qemu.so.0): " + oneLine(cause));
        }
    }

    private void runSessions(DomainEvents events) {
        while (!queue.isClosed()) {
            try {
                if (loop.tryStart()) {
                    runSession(events);
                } else {
                    putFailure("libvirt's event loop is still in use by another part of this process");
                }
            } catch (LinkageError e) {
                throw e;
            } catch (LibvirtFault | RuntimeException | Error e) {
                // Not even an error ends this thread for good: without it the agent would be deaf to libvirt, and say nothing.
                putFailure(e instanceof LibvirtFault ? e.getMessage() : oneLine(e));
            }
            queue.awaitClosed(backoff.next());
        }
    }

    private void runSession(DomainEvents events) throws LibvirtFault {
        Session session = Session.open(settings.uri(), events);
        try {
            if (queue.isClosed()) {
                return; // opening can take long
            }
            queue.begin(++sessions);
            session.register(settings, sessions);
            putState(State.CONNECTED, "");
            serve(session).ifPresent(this::putFailure);
        } catch (LibvirtFault | RuntimeException e) {
            putFailure(e instanceof LibvirtFault ? e.getMessage() : oneLine(e));
        } finally {
            queue.end();
            session.close(loop).ifPresent(problem -> tell(l -> l.onProblem(problem)));
        }
    }

    /** Why the connection is lost; empty where the queue was closed. */
    private Optional<String> serve(Session session) throws LibvirtFault {
        while (true) {
            switch (queue.take()) {
                case Work.Tell(var counts, var problems) -> {
                    counts.forEach((name, count) -> {
                        for (int i = 0; i < count; i++) {
                            tell(l -> l.onEvent(name));
                        }
                    });
                    problems.forEach(problem -> tell(l -> l.onProblem(problem)));
                }
                case Work.ListAll(var named) -> list(session, named);
                case Work.Sift(var named) -> sift(session, named);
                case Work.Read(DomainId id) -> tellAnswer(session.read(id));
                case Work.Lost(String reason) -> {
                    return Optional.of(reason);
                }
                case Work.Closed() -> {
                    return Optional.empty();
                }
            }
        }
    }

    private void list(Session session, Set<DomainId> named) throws LibvirtFault {
        long startedNanos = System.nanoTime();
        Optional<List<DomainAnswer>> answers = session.list(named, settings.renewedReadings(), queue::isInterrupted);
        if (answers.isEmpty()) {
            return;
        }
        List<DomainReport> reports = new ArrayList<>();
        for (DomainAnswer answer : answers.get()) {
            switch (answer) {
                case DomainAnswer.Known(DomainReport report) -> reports.add(report);
                case DomainAnswer.Unreadable unreadable -> tellAnswer(unreadable);
                case DomainAnswer.Gone gone -> {
                    // Its absence from the list says so.
                }
            }
        }
        backoff.reset();
        tell(l -> l.onListed(reports, startedNanos));
    }

    private void sift(Session session, Set<DomainId> named) throws LibvirtFault {
        long askedNanos = System.nanoTime();
        Set<DomainId> there = session.ids();
        if (there.isEmpty()) {
            // A list that is empty is believed less than a domain that is denied by its name.
            queue.giveBack(named);
            return;
        }
        queue.giveBack(named.stream().filter(there::contains).toList());
        named.stream().filter(Predicate.not(there::contains)).forEach(id -> tell(l -> l.onGone(id, askedNanos)));
    }

    private void tellAnswer(DomainAnswer answer) {
        switch (answer) {
            case DomainAnswer.Known(DomainReport report) -> tell(l -> l.onDomain(report));
            case DomainAnswer.Gone(DomainId id, long askedNanos) -> tell(l -> l.onGone(id, askedNanos));
            case DomainAnswer.Unreadable(DomainId id, String reason) -> tell(l -> l.onUnreadable(id, reason));
        }
    }

    private void putFailure(String reason) {
        putState(state.state() == State.CONNECTING ? State.CONNECTING : State.DISCONNECTED, reason);
    }

    /** Tells of a change, be it of the reason alone; how long a state has lasted does not depend on the reason. */
    private void putState(State to, String reason) {
        if (state != null && state.state() == to && state.reason().equals(reason)) {
            return;
        }
        state = new ConnectionState(settings.uri(), to,
                state != null && state.state() == to ? state.since() : clock.instant(), reason);
        ConnectionState now = state;
        tell(l -> l.onConnection(now));
    }

    /** A listener that throws must not cost the connection; one that was promised silence is left alone. */
    private void tell(Consumer<HypervisorListener> what) {
        if (queue.isClosed()) {
            return;
        }
        try {
            what.accept(listener);
        } catch (Throwable t) {
            queue.problem("listener of libvirt's events: " + oneLine(t));
        }
    }

    private static String oneLine(Throwable t) {
        return String.valueOf(t).lines().findFirst().orElse("");
    }
}
