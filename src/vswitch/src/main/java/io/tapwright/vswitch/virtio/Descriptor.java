package io.tapwright.vswitch.virtio;

/**
 * The descriptor and the rings' layout (VIRTIO 1.2, section 2.7.5 to 2.7.8):
 *
 * <pre>
 * struct virtq_desc { le64 addr; le32 len; le16 flags; le16 next; };
 * struct virtq_avail { le16 flags; le16 idx; le16 ring[size]; le16 used_event; };
 * struct virtq_used { le16 flags; le16 idx; struct { le32 id; le32 len; } ring[size]; le16 avail_event; };
 * </pre>
 */
final class Descriptor {

    static final int SIZE = 16;
    /** Of the word with length, flags and next. */
    static final int REST = 8;

    static final int NEXT = 1;
    static final int WRITE = 2;
    static final int INDIRECT = 4;

    private Descriptor() {
    }

    /** In bytes; unsigned in the ring, so that a huge one comes out negative. */
    static int length(long rest) {
        return (int) rest;
    }

    static int flags(long rest) {
        return (int) (rest >>> 32) & 0xffff;
    }

    static int next(long rest) {
        return (int) (rest >>> 48);
    }
}
