package io.tapwright.hostnet;

import io.tapwright.hostnet.netlink.LinkDecoder;
import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.netlink.MalformedMessageException;
import io.tapwright.hostnet.netlink.Message;
import io.tapwright.hostnet.netlink.Netlink;
import io.tapwright.hostnet.netlink.Rtnetlink;
import io.tapwright.hostnet.posix.Fd;
import io.tapwright.hostnet.posix.NativeBuffer;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkListener;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Listens to the kernel's notifications about devices, on a thread and a socket of its own. Tells of a device once it has
 * stood still for a moment, and only the last that was heard. Notifications about a bridge's port (family AF_BRIDGE) tell
 * only the port's part; where such a one is the last, the device is read anew. An exception of the listener goes to the
 * thread's uncaught exception handler and ends nothing.
 */
final class LinkMonitor implements AutoCloseable {

    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    private static final int SO_RCVBUFFORCE = 33;
    /** A notification is about one device: some 2 KiB. */
    private static final int ROOM = 64 * 1024;
    /** After how many the listener is told, however many more wait. */
    private static final int BATCH = 256;
    private static final int PAUSE_MILLIS = 1000;

    private final LinkListener listener;
    private final IntFunction<Optional<Link>> reader;
    private final Fd notifications;
    private final Fd wakeUp;
    private final NativeBuffer room = new NativeBuffer(ROOM);
    private final LatestNews<News> news = new LatestNews<>();
    private final Thread thread;
    private volatile boolean closed;

    private sealed interface News {

        /** A notification about the whole device. */
        record Told(Message message) implements News {
        }

        /** A notification about a part of it. */
        record Hinted(int index) implements News {
        }
    }

    private LinkMonitor(LinkListener listener, IntFunction<Optional<Link>> reader, Fd notifications, Fd wakeUp) {
        this.listener = listener;
        this.reader = reader;
        this.notifications = notifications;
        this.wakeUp = wakeUp;
        this.thread = Thread.ofPlatform().name("link-monitor").daemon().unstarted(this::run);
    }

    /** What happens from now on is heard of; the thread belongs to the caller's network namespace. */
    static LinkMonitor start(LinkListener listener, IntFunction<Optional<Link>> reader, int bufferBytes) {
        Fd notifications = Fd.netlink(Netlink.NETLINK_ROUTE, Rtnetlink.RTMGRP_LINK);
        try {
            setBuffer(notifications, bufferBytes);
            LinkMonitor monitor = new LinkMonitor(listener, reader, notifications, Fd.event());
            monitor.thread.start();
            return monitor;
        } catch (SystemCallException e) {
            notifications.close();
            throw e;
        }
    }

    /** Only the privileged may go beyond net.core.rmem_max. */
    private static void setBuffer(Fd socket, int bytes) {
        try {
            socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, bytes);
        } catch (SystemCallException unprivileged) {
            socket.setOption(SOL_SOCKET, SO_RCVBUF, bytes);
        }
    }

    private void run() {
        try (notifications; wakeUp) {
            while (!closed) {
                if (news.isEmpty()) {
                    Fd.awaitInput(-1, wakeUp, notifications);
                } else {
                    // Without an eye on the notifications: whatever comes meanwhile is taken at one go.
                    Fd.awaitInput((int) LatestNews.QUIET.toMillis(), wakeUp);
                }
                if (!closed) {
                    receive();
                    tellDue();
                }
            }
        }
    }

    private void receive() {
        try {
            for (int i = 0; i < BATCH && !closed; i++) {
                int length = notifications.receive(room);
                if (length == Fd.NOTHING_YET) {
                    return;
                }
                Message.forEach(room.bytes(), length, this::onMessage);
            }
        } catch (MalformedMessageException e) {
            tell(LinkListener::onOverrun);
        } catch (SystemCallException e) {
            tell(LinkListener::onOverrun);
            if (!e.errno().equals(Errno.ENOBUFS)) {
                Fd.awaitInput(PAUSE_MILLIS, wakeUp);
            }
        }
    }

    private void onMessage(Message message) {
        if (message.type() != Rtnetlink.RTM_NEWLINK && message.type() != Rtnetlink.RTM_DELLINK) {
            return;
        }
        int index = LinkMessage.indexOf(message);
        if (LinkMessage.familyOf(message) != Rtnetlink.AF_BRIDGE) {
            news.put(index, new News.Told(message.copy()), System.nanoTime());
        } else if (!isGone(index)) {
            news.put(index, new News.Hinted(index), System.nanoTime());
        }
    }

    /** A device that is gone can't be read anew, so nothing takes the place of this but a new one of the same index. */
    private boolean isGone(int index) {
        return news.of(index) instanceof News.Told(Message last) && last.type() == Rtnetlink.RTM_DELLINK;
    }

    private void tellDue() {
        for (News due : news.takeDue(System.nanoTime())) {
            try {
                switch (due) {
                    case News.Told(Message message) -> tell(message);
                    case News.Hinted(int index) -> reader.apply(index).ifPresent(link -> tell(l -> l.onChanged(link)));
                }
            } catch (HostNetworkException | MalformedMessageException unreadable) {
                tell(LinkListener::onOverrun);
            }
        }
    }

    private void tell(Message message) {
        LinkDecoder.decode(message).ifPresent(link -> tell(message.type() == Rtnetlink.RTM_NEWLINK
                ? l -> l.onChanged(link) : l -> l.onGone(link.ref())));
    }

    private void tell(Consumer<LinkListener> call) {
        try {
            call.accept(listener);
        } catch (RuntimeException | Error e) {
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
    }

    /** Waits for the thread to end, unless it is the listener that closes; a second time does nothing. */
    @Override
    public void close() {
        synchronized (this) {
            if (!closed) {
                // In this order: once it sees the flag, the thread closes what the signal goes to.
                wakeUp.signal();
                closed = true;
            }
        }
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
