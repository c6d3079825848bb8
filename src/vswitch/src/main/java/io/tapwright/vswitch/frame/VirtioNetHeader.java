package io.tapwright.vswitch.frame;

/**
 * What comes before every frame (struct virtio_net_hdr_mrg_rxbuf of VIRTIO 1.2, section 5.1.6, and of
 * include/uapi/linux/virtio_net.h), little-endian:
 *
 * <pre>
 * u8 flags; u8 gso_type; le16 hdr_len; le16 gso_size; le16 csum_start; | le16 csum_offset; | le16 num_buffers;
 * </pre>
 *
 * The first eight bytes travel as one number, the "offload": 0 where nothing is left to do to a frame.
 */
public final class VirtioNetHeader {

    /** With num_buffers, which VIRTIO 1 always has. */
    public static final int LENGTH = 12;
    public static final int LENGTH_WITHOUT_BUFFERS = 10;

    public static final int CHECKSUM_OFFSET = 8;
    public static final int BUFFERS = 10;

    /** Of flags: the checksum from csum_start on is to be filled in at csum_offset after that. */
    public static final int NEEDS_CHECKSUM = 1;

    /** Of flags: who sends it vouches for the checksum. */
    public static final int CHECKSUM_VALID = 2;

    /** Of the offload, flags and gso_type: where both are 0 the frame asks for nothing, whatever the rest says. */
    public static final long ASKING = 0xffffL;
    /** Of the offload: all but the flags that we don't know, which are to be ignored (VIRTIO 1.2, 5.1.6.2.2). */
    public static final long KNOWN = ~0xffL | NEEDS_CHECKSUM | CHECKSUM_VALID;

    // gso_type
    public static final int NO_SEGMENTS = 0;
    public static final int TCP4 = 1;
    public static final int TCP6 = 4;
    /** Added to it: a segment with CWR is the first alone. */
    public static final int ECN = 0x80;

    private VirtioNetHeader() {
    }

    public static int flags(long offload) {
        return (int) offload & 0xff;
    }

    public static int segmentation(long offload) {
        return (int) (offload >>> 8) & 0xff;
    }

    public static int segmentSize(long offload) {
        return (int) (offload >>> 32) & 0xffff;
    }

    public static int checksumStart(long offload) {
        return (int) (offload >>> 48);
    }
}
