package io.tapwright.hostnet.posix;

/** A VM's end of a tap, which goes with it. Frames need a header of their own before them, as with IFF_VNET_HDR. */
public final class TapEnd implements AutoCloseable {

    public static final int HEADER = 10;

    /** linux/if_tun.h: IFF_TAP, IFF_NO_PI, IFF_VNET_HDR. */
    private static final int FLAGS = 0x0002 | 0x1000 | 0x4000;
    private static final long TUNSETIFF = 0x400454caL;

    private final Fd fd;

    private TapEnd(Fd fd) {
        this.fd = fd;
    }

    public static TapEnd open(String name) {
        Fd fd = Fd.open("/dev/net/tun", Fd.O_RDWR);
        fd.control("TUNSETIFF", TUNSETIFF, new IfReq(name).flags(FLAGS));
        return new TapEnd(fd);
    }

    /** Sends a frame. @param header struct virtio_net_hdr, or zeros */
    public void send(byte[] header, byte[] frame) {
        byte[] both = java.util.Arrays.copyOf(header, HEADER + frame.length);
        System.arraycopy(frame, 0, both, HEADER, frame.length);
        if (LibC.write(fd.number(), both, both.length) != both.length) {
            throw new AssertionError("write to the tap: errno " + com.sun.jna.Native.getLastError());
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
