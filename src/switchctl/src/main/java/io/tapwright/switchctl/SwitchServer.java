package io.tapwright.switchctl;

import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.net.ExtendedSocketOptions;

/**
 * The switch's end of the conversation. Accepts any number of agents up to {@link #MAX_CONNECTIONS}; of what they want the
 * newest counts. A client that does not read delays only itself, and what it has missed is told it as one state.
 */
public final class SwitchServer implements AutoCloseable {

    /** Room for some ten thousand ports. */
    public static final int MAX_LINE_BYTES = 4 << 20;

    /** One agent, its successor, and people who look. */
    public static final int MAX_CONNECTIONS = 16;

    /** Each takes the switch some megabytes. */
    public static final int MAX_CAPTURES = 4;

    private static final String ROOT = "root";

    private final Path socket;
    private final SwitchControl control;
    private final ServerSocketChannel listening;
    /** Device and inode of the socket that is ours. */
    private final Object inode;
    private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger captures = new AtomicInteger();
    private final Object applying = new Object();
    private volatile DesiredSwitch held = DesiredSwitch.EMPTY;

    private SwitchServer(Path socket, SwitchControl control, ServerSocketChannel listening, Object inode) {
        this.socket = socket;
        this.control = control;
        this.listening = listening;
        this.inode = inode;
    }

    /**
     * Listens, and talks to root and to the user that this process runs as: whoever else connects is refused by what the
     * kernel says of him, since the agent may be root without root's power over files. A socket that a dead switch left is
     * replaced.
     *
     * @throws IOException where it can't, or somebody listens there already
     */
    public static SwitchServer open(Path socket, SwitchControl control) throws IOException {
        claim(socket);
        ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        Object inode;
        try {
            listening.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
            inode = inodeOf(socket);
        } catch (IOException e) {
            listening.close();
            throw new IOException("listen on control socket " + socket + ": " + e.getMessage(), e);
        }
        SwitchServer server = new SwitchServer(socket, control, listening, inode);
        Thread.ofPlatform().name("switch-control").daemon().start(server::accept);
        return server;
    }

    /** Tells all clients how things stand now, soon. Any thread; returns at once. */
    public void stateChanged() {
        connections.forEach(ServerConnection::stateChanged);
    }

    @Override
    public void close() {
        removeSocket();
        try {
            listening.close();
        } catch (IOException gone) {
            // There is nobody who could do more about it.
        }
        List.copyOf(connections).forEach(ServerConnection::close);
    }

    /**
     * Before it is closed: as long as we listen nobody takes it for a dead switch's, and its inode can't be another's. What a
     * successor has made in its place stays.
     */
    private void removeSocket() {
        try {
            if (inodeOf(socket).equals(inode)) {
                Files.delete(socket);
            }
        } catch (IOException left) {
            // Whoever listens next replaces it, if it is there at all.
        }
    }

    private static Object inodeOf(Path socket) throws IOException {
        return Files.readAttributes(socket, BasicFileAttributes.class).fileKey();
    }

    Message.Welcome welcome() {
        synchronized (applying) {
            return new Message.Welcome(held, control.state());
        }
    }

    SwitchState state() {
        return control.state();
    }

    SwitchState apply(DesiredSwitch desired) {
        SwitchState state;
        synchronized (applying) {
            state = control.apply(desired);
            held = desired;
        }
        stateChanged();
        return state;
    }

    /** Each that it answers is given back by {@link #endCapture}. */
    CaptureSource capture(Message.Capture wanted) {
        CaptureRecords.requireSnapLength(wanted.snapLength());
        if (captures.incrementAndGet() > MAX_CAPTURES) {
            captures.decrementAndGet();
            throw new CaptureException("capture port '" + wanted.port() + "': " + MAX_CAPTURES + " captures run already");
        }
        try {
            return control.capture(wanted.network(), wanted.port(), wanted.snapLength());
        } catch (RuntimeException e) {
            captures.decrementAndGet();
            throw e;
        }
    }

    void endCapture(CaptureSource capture) {
        try {
            capture.close();
        } finally {
            captures.decrementAndGet();
        }
    }

    void closed(ServerConnection connection) {
        connections.remove(connection);
    }

    private void accept() {
        for (long number = 1; listening.isOpen(); number++) {
            try {
                welcome(listening.accept(), number);
            } catch (IOException e) {
                pause();
            }
        }
    }

    private void welcome(SocketChannel client, long number) throws IOException {
        ServerConnection connection = new ServerConnection(this, new LineChannel(client, MAX_LINE_BYTES));
        if (connections.size() >= MAX_CONNECTIONS) {
            connection.refuse("more than " + MAX_CONNECTIONS + " connections");
            return;
        }
        String user = client.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName();
        if (!user.equals(ROOT) && !user.equals(System.getProperty("user.name"))) {
            connection.refuse("user " + user + " may not tell the switch what to do, only root may");
            return;
        }
        connections.add(connection);
        connection.start(number);
    }

    /** Out of file descriptors, say: no reason to spin. */
    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void claim(Path socket) throws IOException {
        if (!Files.exists(socket)) {
            return;
        }
        if (!Files.readAttributes(socket, BasicFileAttributes.class).isOther()) {
            throw new IOException("listen on control socket " + socket + ": a file of that name exists and is no socket");
        }
        try {
            SocketChannel.open(UnixDomainSocketAddress.of(socket)).close();
        } catch (SocketException nobodyListens) {
            Files.delete(socket);
            return;
        }
        throw new IOException("listen on control socket " + socket + ": another switch is listening there");
    }
}
