package io.tapwright.vswitch.vhostuser;

import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.capture.Mirrors;
import io.tapwright.vswitch.forward.Attachment;
import io.tapwright.vswitch.forward.PortCounters;
import io.tapwright.vswitch.forward.PortStanding;
import io.tapwright.vswitch.posix.EventLoop;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.Retry;
import io.tapwright.vswitch.posix.SystemCallException;
import io.tapwright.vswitch.posix.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;

/**
 * The socket of one guest NIC: listens for its front-end, or connects to it, for as long as the port exists; one front-end
 * at a time. The event loop's thread.
 */
public final class Endpoint implements Attachment {

    /** QEMU's user by way of the directory's group; nobody else. */
    private static final String MODE = "rw-rw----";

    /** So long a peer stays out who has made us wait: he does so once in that time, and not again and again. */
    private static final Duration OUT = Duration.ofMinutes(1);
    private static final String DEAF = "the peer has filled the counter of an eventfd that we call it by, which may have made us wait";

    private final VhostUserPort settings;
    private final VhostPort port;
    private final EventLoop loop;
    private final Session.Peers peers;
    private final PortStanding standing;
    private final Retry retry;
    private final Duration out;
    private Fd listening;
    /** Device and inode of the socket that is ours. */
    private Object inode;
    private Connection connection;
    /** Why the last connection ended, or none came about. */
    private String lastEnd = "";
    /** Nobody is let in for the time being. */
    private boolean shut;

    public Endpoint(VhostUserPort settings, VhostPort port, EventLoop loop, Session.Peers peers, Runnable onChange) {
        this(settings, port, loop, peers, onChange, OUT);
    }

    /** @param out for how long nobody is let in after a peer who has made us wait */
    Endpoint(VhostUserPort settings, VhostPort port, EventLoop loop, Session.Peers peers, Runnable onChange, Duration out) {
        this.out = out;
        this.settings = settings;
        this.port = port;
        this.loop = loop;
        this.peers = peers;
        standing = new PortStanding(onChange);
        retry = new Retry(loop);
    }

    @Override
    public int number() {
        return port.number();
    }

    @Override
    public PortCounters counters() {
        return port.counters();
    }

    @Override
    public Optional<Mirrors> mirrors() {
        return Optional.of(port.mirrors());
    }

    @Override
    public PortStatus status() {
        return standing.status();
    }

    @Override
    public String reason() {
        return standing.reason();
    }

    @Override
    public void open() {
        try {
            if (settings.listen()) {
                listen();
            } else {
                connected(UnixSocket.connect(settings.socket()));
                return;
            }
            say();
        } catch (SystemCallException | IOException e) {
            lastEnd = e.getMessage();
            say();
            retry.again(this::open);
        }
    }

    private void listen() throws IOException {
        Path path = settings.socket();
        // A socket that a switch before us left; anything else is not ours to remove, and bind says so.
        if (Files.exists(path) && attributes().isOther()) {
            Files.delete(path);
        }
        Fd socket = UnixSocket.listen(path);
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(MODE));
            inode = attributes().fileKey();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
        listening = socket;
        loop.watch(listening, this::onConnection);
    }

    private BasicFileAttributes attributes() throws IOException {
        return Files.readAttributes(settings.socket(), BasicFileAttributes.class);
    }

    private void onConnection() {
        try {
            acceptAll();
        } catch (SystemCallException e) {
            // Out of descriptors. The socket stays readable: looking again at once would be all that the loop does.
            if (!shut) {
                loop.unwatch(listening);
                retry.late(() -> loop.watch(listening, this::onConnection));
            }
        }
    }

    private void acceptAll() {
        for (Fd peer = UnixSocket.accept(listening); peer != null; peer = UnixSocket.accept(listening)) {
            if (connection != null) {
                // Its end may be waiting to be read: who was there is gone, and has come again.
                onReadable();
            }
            if (connection == null && !shut) {
                connected(peer);
            } else {
                peer.close();
            }
        }
    }

    private void connected(Fd peer) {
        retry.succeeded();
        lastEnd = "";
        connection = new Connection(peer, new Session(port, peers));
        loop.watch(peer, this::onReadable);
        say();
    }

    private void onReadable() {
        Optional<String> end;
        try {
            end = connection.onReadable();
        } catch (RuntimeException e) {
            // Nothing that a peer says may come to this. It must not come to more.
            disconnect("a fault of ours: " + e);
            throw e;
        }
        if (end.isPresent()) {
            disconnect(end.get());
        } else {
            checkPeer();
            say();
        }
    }

    @Override
    public void checkPeer() {
        if (connection == null) {
            return;
        }
        if (connection.session().isCutOff()) {
            disconnect("the memory that the peer shared is gone: its file became smaller, or has no room left");
        } else if (port.isDeaf()) {
            disconnect(DEAF);
        }
    }

    private void disconnect(String why) {
        loop.unwatch(connection.socket());
        connection.close();
        connection = null;
        // Nobody calls him any more: a peer who is not deaf by now has made nobody wait, however he has ended it.
        shut = port.isDeaf();
        lastEnd = shut ? DEAF + ": nobody is let in for " + out.toSeconds() + " s" : why;
        say();
        if (shut) {
            shutOut();
        } else if (!settings.listen()) {
            retry.again(this::open);
        }
    }

    private void shutOut() {
        if (listening != null) {
            // Who comes meanwhile waits in the socket's queue.
            loop.unwatch(listening);
        }
        retry.after(out, () -> {
            shut = false;
            lastEnd = "";
            if (listening == null) {
                open();
            } else {
                loop.watch(listening, this::onConnection);
                say();
            }
        });
    }

    @Override
    public void say() {
        if (connection == null) {
            boolean canNotListen = settings.listen() && listening == null;
            standing.change(canNotListen || shut ? PortStatus.FAILED : PortStatus.WAITING, lastEnd);
            return;
        }
        Optional<String> broken = connection.session().broken();
        if (broken.isPresent()) {
            standing.change(PortStatus.FAILED, broken.get());
        } else {
            standing.change(connection.session().isRunning() ? PortStatus.RUNNING : PortStatus.CONNECTED, "");
        }
    }

    @Override
    public void close() {
        retry.cancel();
        if (connection != null) {
            loop.unwatch(connection.socket());
            connection.close();
            connection = null;
        }
        if (listening != null) {
            loop.unwatch(listening);
            removeSocket();
            listening.close();
        }
    }

    /** Before it is closed, so that its inode can't be another's. What a successor has made in its place stays. */
    private void removeSocket() {
        try {
            if (attributes().fileKey().equals(inode)) {
                Files.delete(settings.socket());
            }
        } catch (IOException left) {
            // Whoever listens there next replaces it, if it is there at all.
        }
    }
}
