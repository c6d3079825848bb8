package io.tapwright.vswitch.tap;

import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.forward.Attachment;
import io.tapwright.vswitch.forward.PortCounters;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.forward.Workers;
import io.tapwright.vswitch.posix.EventLoop;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.SystemCallException;
import java.time.Duration;

/** Has a tap open for as long as there is one, and waits for it while there is none. The event loop's thread. */
public final class TapAttachment implements Attachment {

    private static final Duration FIRST_RETRY = Duration.ofMillis(20);
    private static final Duration LAST_RETRY = Duration.ofMillis(500);
    /** Nobody tells us that a tap is set up or down. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final DesiredPort.TapPort settings;
    private final EventLoop loop;
    private final Workers workers;
    private final Runnable onChange;
    private final TapPort port;
    private Fd tap;
    private EventLoop.Timer next;
    private Duration delay = FIRST_RETRY;
    private PortStatus status = PortStatus.WAITING;
    private String reason = "";

    public TapAttachment(DesiredPort.TapPort settings, Segment segment, EventLoop loop, Workers workers, Runnable onChange) {
        this.settings = settings;
        this.loop = loop;
        this.workers = workers;
        this.onChange = onChange;
        port = new TapPort(segment, () -> loop.execute(this::say));
    }

    @Override
    public void open() {
        try {
            tap = TapDevice.open(settings.device());
        } catch (SystemCallException e) {
            change(PortStatus.FAILED, e.getMessage());
            next = loop.after(delay, this::open);
            delay = delay.multipliedBy(2).compareTo(LAST_RETRY) < 0 ? delay.multipliedBy(2) : LAST_RETRY;
            return;
        }
        delay = FIRST_RETRY;
        port.attach(tap);
        workers.add(port, tap);
        look();
    }

    private void look() {
        next = loop.after(LOOK, this::look);
        say();
    }

    @Override
    public void say() {
        if (tap == null) {
            return;
        }
        switch (TapDevice.look(tap)) {
            case UP -> change(PortStatus.RUNNING, "");
            case DOWN -> change(PortStatus.CONNECTED, "tap " + settings.device() + " is down");
            case GONE -> {
                letGo();
                change(PortStatus.FAILED, "tap " + settings.device() + " was deleted");
                next = loop.after(delay, this::open);
            }
        }
    }

    /** First none from it, then none to it, then the descriptor itself. */
    private void letGo() {
        if (next != null) {
            next.cancel();
        }
        if (tap != null) {
            workers.remove(port);
            port.detach();
            tap.close();
            tap = null;
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
    public PortStatus status() {
        return status;
    }

    @Override
    public String reason() {
        return reason;
    }

    /** A tap's frames lie in memory of our own. */
    @Override
    public void checkMemory() {
    }

    @Override
    public int number() {
        return port.port();
    }

    @Override
    public PortCounters counters() {
        return port.counters();
    }

    @Override
    public void close() {
        letGo();
    }
}
