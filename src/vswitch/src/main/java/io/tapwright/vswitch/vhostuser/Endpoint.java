package io.tapwright.vswitch.vhostuser;

import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.capture.Mirrors;
import io.tapwright.vswitch.forward.Attachment;
import io.tapwright.vswitch.forward.PortCounters;
import io.tapwright.vswitch.posix.EventLoop;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.SystemCallException;
import io.tapwright.vswitch.posix.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;

/**
 * The socket of one guest NIC: listens for its front-end, or connects to it, for as long as the port exists; one front-end
 * at a time. The event loop's thread.
 */
public final class Endpoint implements Attachment {

    private static final Duration FIRST_RETRY = Duration.ofMillis(20);
    private static final Duration LAST_RETRY = Duration.ofMillis(500);
    /** QEMU's user by way of the directory's group; nobody else. */
    private static final String MODE = "rw-rw----";

    private final VhostUserPort settings;
    private final VhostPort port;
    private final EventLoop loop;
    private final Session.Peers peers;
    private final Runnable onChange;
    private Fd listening;
    private Connection connection;
    private EventLoop.Timer retry;
    private Duration delay = FIRST_RETRY;
    private PortStatus status = PortStatus.WAITING;
    private String reason = "";
    /** Why the last connection ended, or none came about. */
    private String lastEnd = "";

    public Endpoint(VhostUserPort settings, VhostPort port, EventLoop loop, Session.Peers peers, Runnable onChange) {
        this.settings = settings;
        this.port = port;
        this.loop = loop;
        this.peers = peers;
        this.onChange = onChange;
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
        return status;
    }

    @Override
    public String reason() {
        return reason;
    }

    @Override
    public void open() {
        retry = null;
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
            again();
        }
    }

    private void listen() throws IOException {
        Path path = settings.socket();
        // A socket that a switch before us left; anything else is not ours to remove, and bind says so.
        if (Files.exists(path) && Files.readAttributes(path, java.nio.file.attribute.BasicFileAttributes.class).isOther()) {
            Files.delete(path);
        }
        Fd socket = UnixSocket.listen(path);
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(MODE));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
        listening = socket;
        loop.watch(listening, this::onConnection);
    }

    private void onConnection() {
        try {
            acceptAll();
        } catch (SystemCallException e) {
            // Out of descriptors. The socket stays readable: looking again at once would be all that the loop does.
            loop.unwatch(listening);
            retry = loop.after(LAST_RETRY, () -> loop.watch(listening, this::onConnection));
        }
    }

    private void acceptAll() {
        for (Fd peer = UnixSocket.accept(listening); peer != null; peer = UnixSocket.accept(listening)) {
            if (connection != null) {
                // Its end may be waiting to be read: who was there is gone, and has come again.
                onReadable();
            }
            if (connection == null) {
                connected(peer);
            } else {
                peer.close();
            }
        }
    }

    private void connected(Fd peer) {
        delay = FIRST_RETRY;
        lastEnd = "";
        connection = new Connection(peer, new Session(port, settings.mtu(), peers));
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
            checkMemory();
            say();
        }
    }

    @Override
    public void checkMemory() {
        if (connection != null && connection.session().isCutOff()) {
            disconnect("the memory that the peer shared is gone: its file became smaller, or has no room left");
        }
    }

    private void disconnect(String why) {
        loop.unwatch(connection.socket());
        connection.close();
        connection = null;
        lastEnd = why;
        say();
        if (!settings.listen()) {
            again();
        }
    }

    private void again() {
        retry = loop.after(delay, this::open);
        delay = delay.multipliedBy(2).compareTo(LAST_RETRY) < 0 ? delay.multipliedBy(2) : LAST_RETRY;
    }

    @Override
    public void say() {
        if (connection == null) {
            boolean canNotListen = settings.listen() && listening == null;
            change(canNotListen ? PortStatus.FAILED : PortStatus.WAITING, lastEnd);
            return;
        }
        Optional<String> broken = connection.session().broken();
        if (broken.isPresent()) {
            change(PortStatus.FAILED, broken.get());
        } else {
            change(connection.session().isRunning() ? PortStatus.RUNNING : PortStatus.CONNECTED, "");
        }
    }

    private void change(PortStatus status, String reason) {
        if (this.status != status || !this.reason.equals(reason)) {
            this.status = status;
            this.reason = reason;
            onChange.run();
        }
    }

    @Override
    public void close() {
        if (retry != null) {
            retry.cancel();
        }
        if (connection != null) {
            loop.unwatch(connection.socket());
            connection.close();
            connection = null;
        }
        if (listening != null) {
            loop.unwatch(listening);
            listening.close();
            try {
                Files.deleteIfExists(settings.socket());
            } catch (IOException left) {
                // Whoever listens there next replaces it.
            }
        }
    }
}
