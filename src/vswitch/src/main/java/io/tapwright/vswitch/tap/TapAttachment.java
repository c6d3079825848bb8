package io.tapwright.vswitch.tap;

import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.forward.Attachment;
import io.tapwright.vswitch.forward.PortCounters;
import io.tapwright.vswitch.forward.PortStanding;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.forward.Workers;
import io.tapwright.vswitch.posix.EventLoop;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.Retry;
import io.tapwright.vswitch.posix.SystemCallException;
import java.time.Duration;

/** Has a tap open for as long as there is one, and waits for it while there is none. The event loop's thread. */
public final class TapAttachment implements Attachment {

    /** Nobody tells us that a tap is set up or down. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final DesiredPort.TapPort settings;
    private final EventLoop loop;
    private final Workers workers;
    private final PortStanding standing;
    private final Retry retry;
    private final TapPort port;
    private Fd tap;
    private EventLoop.Timer nextLook;

    public TapAttachment(DesiredPort.TapPort settings, Segment segment, EventLoop loop, Workers workers, Runnable onChange) {
        this.settings = settings;
        this.loop = loop;
        this.workers = workers;
        standing = new PortStanding(onChange);
        retry = new Retry(loop);
        port = new TapPort(segment, () -> loop.execute(this::say));
    }

    @Override
    public void open() {
        try {
            tap = TapDevice.open(settings.device());
        } catch (SystemCallException e) {
            standing.change(PortStatus.FAILED, e.getMessage());
            retry.again(this::open);
            return;
        }
        retry.succeeded();
        port.attach(tap);
        workers.add(port, tap);
        look();
    }

    private void look() {
        nextLook = loop.after(LOOK, this::look);
        say();
    }

    @Override
    public void say() {
        if (tap == null) {
            return;
        }
        switch (TapDevice.look(tap)) {
            case UP -> standing.change(PortStatus.RUNNING, "");
            case DOWN -> standing.change(PortStatus.CONNECTED, "tap " + settings.device() + " is down");
            case GONE -> {
                letGo();
                standing.change(PortStatus.FAILED, "tap " + settings.device() + " was deleted");
                retry.again(this::open);
            }
        }
    }

    /** First none from it, then none to it, then the descriptor itself. */
    private void letGo() {
        if (tap != null) {
            nextLook.cancel();
            workers.remove(port);
            port.detach();
            tap.close();
            tap = null;
        }
    }

    @Override
    public PortStatus status() {
        return standing.status();
    }

    @Override
    public String reason() {
        return standing.reason();
    }

    /** It is the kernel. */
    @Override
    public void checkPeer() {
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
        retry.cancel();
        letGo();
    }
}
