package io.tapwright.vswitch.capture;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The captures of one port. Any thread. */
public final class Mirrors {

    private final Consumer<Mirror> install;
    private final List<PortCapture> captures = new ArrayList<>();
    /** Why, once the port is no more. */
    private String ended;

    /**
     * @param install gives the port's queues a mirror, or none where that is null; no worker uses the last one any more when it
     *                returns
     */
    public Mirrors(Consumer<Mirror> install) {
        this.install = install;
    }

    /** @param snapLength so many bytes of each frame at most */
    public synchronized PortCapture capture(int snapLength) {
        PortCapture capture = new PortCapture(this, new FrameRing(PortCapture.ROOM, snapLength));
        captures.add(capture);
        if (ended != null) {
            capture.end(ended);
        }
        install();
        return capture;
    }

    synchronized void remove(PortCapture capture) {
        captures.remove(capture);
        install();
    }

    /** The port is no more. */
    public synchronized void end(String reason) {
        ended = reason;
        captures.forEach(capture -> capture.end(reason));
    }

    private void install() {
        install.accept(captures.isEmpty() ? null
                : new Mirror(captures.stream().map(PortCapture::ring).toArray(FrameRing[]::new)));
    }
}
