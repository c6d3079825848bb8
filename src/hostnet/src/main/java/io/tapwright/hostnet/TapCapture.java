package io.tapwright.hostnet;

import io.tapwright.hostnet.posix.PacketSocket;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSink;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.capture.Direction;
import io.tapwright.model.host.Errno;
import java.time.Duration;

/**
 * Frames of a NIC that is a tap, as the kernel sees them pass: segments of up to 64 KB whole, and with checksums that are
 * still to be filled in.
 */
public final class TapCapture implements CaptureSource {

    /** Of frames that were not read yet. */
    private static final int BUFFER = 8 << 20;
    private static final int EAFNOSUPPORT = 97;

    private final InterfaceName tap;
    private final PacketSocket socket;

    private TapCapture(InterfaceName tap, PacketSocket socket) {
        this.tap = tap;
        this.socket = socket;
    }

    /**
     * Begins, in the network namespace of the thread that calls.
     *
     * @param snapLength so many bytes of each frame at most
     * @throws CaptureException where there is no such tap, or this process may not
     */
    public static TapCapture open(InterfaceName tap, int snapLength) {
        try {
            return new TapCapture(tap, PacketSocket.open(tap.text(), snapLength, BUFFER));
        } catch (SystemCallException e) {
            throw new CaptureException("capture tap " + tap + ": " + e.getMessage() + advice(e.errno()), e);
        }
    }

    private static String advice(Errno errno) {
        if (errno.equals(Errno.EPERM)) {
            return "; the agent lacks the capability CAP_NET_RAW: run it as the unit does";
        }
        return errno.number() == EAFNOSUPPORT ? "; let the agent use AF_PACKET, as the unit does" : "";
    }

    @Override
    public boolean read(CaptureSink sink, Duration patience) {
        try {
            if (!socket.receive()) {
                if (patience.isZero()) {
                    return false;
                }
                socket.awaitInput((int) Math.max(1, patience.toMillis()));
                if (!socket.receive()) {
                    requireTap();
                    return false;
                }
            }
        } catch (SystemCallException e) {
            if (e.errno().equals(Errno.ENETDOWN)) {
                // Set down: it may come up again. Deleted: there is no tap any more, now or in a moment.
                requireTap();
                return false;
            }
            throw new CaptureException("capture tap " + tap + ": " + e.getMessage(), e);
        }
        sink.frame(socket.epochNanos(), socket.isOutgoing() ? Direction.TO_VM : Direction.FROM_VM, socket.length(), socket.bytes());
        return true;
    }

    private void requireTap() {
        if (!socket.isDeviceThere()) {
            throw new CaptureException("tap " + tap + " is gone");
        }
    }

    @Override
    public long frames() {
        return socket.packets();
    }

    @Override
    public long drops() {
        return socket.drops();
    }

    @Override
    public void close() {
        socket.close();
    }
}
