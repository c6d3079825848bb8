package io.tapwright.vswitch.vhostuser;

/** What a driver and we can agree on: bits of VIRTIO 1.2, section 5.1.3 and 6, and of vhost-user itself. */
final class Features {

    static final long CHECKSUM = 1L << 0;
    static final long GUEST_CHECKSUM = 1L << 1;
    static final long MTU = 1L << 3;
    static final long GUEST_TSO4 = 1L << 7;
    static final long GUEST_TSO6 = 1L << 8;
    static final long GUEST_ECN = 1L << 9;
    static final long HOST_TSO4 = 1L << 11;
    static final long HOST_TSO6 = 1L << 12;
    static final long HOST_ECN = 1L << 13;
    static final long MERGEABLE_BUFFERS = 1L << 15;
    static final long MULTI_QUEUE = 1L << 22;
    static final long GUEST_ANNOUNCE = 1L << 21;
    static final long CONTROL_QUEUE = 1L << 17;
    static final long LOG_ALL = 1L << 26;
    static final long INDIRECT_DESCRIPTORS = 1L << 28;
    static final long EVENT_INDEX = 1L << 29;
    static final long PROTOCOL_FEATURES = 1L << 30;
    static final long VERSION_1 = 1L << 32;
    /** Buffers go back in the order they came, which spares a driver its book-keeping. */
    static final long IN_ORDER = 1L << 35;

    /** Everything that we do. The control queue is QEMU's own affair, but it has to be offered for it. */
    static final long OFFERED = CHECKSUM | GUEST_CHECKSUM | MTU | GUEST_TSO4 | GUEST_TSO6 | GUEST_ECN | HOST_TSO4 | HOST_TSO6
            | HOST_ECN | MERGEABLE_BUFFERS | MULTI_QUEUE | GUEST_ANNOUNCE | CONTROL_QUEUE | LOG_ALL | INDIRECT_DESCRIPTORS
            | EVENT_INDEX | PROTOCOL_FEATURES | VERSION_1 | IN_ORDER;

    // Of the protocol, a set of its own.
    static final long PROTOCOL_MULTI_QUEUE = 1L << 0;
    static final long PROTOCOL_LOG_MEMORY = 1L << 1;
    static final long PROTOCOL_RARP = 1L << 2;
    static final long PROTOCOL_REPLY_ACK = 1L << 3;
    static final long PROTOCOL_MTU = 1L << 4;
    static final long PROTOCOL_MEMORY_SLOTS = 1L << 15;
    static final long PROTOCOL_STATUS = 1L << 16;

    static final long PROTOCOL_OFFERED = PROTOCOL_MULTI_QUEUE | PROTOCOL_LOG_MEMORY | PROTOCOL_RARP | PROTOCOL_REPLY_ACK
            | PROTOCOL_MTU | PROTOCOL_MEMORY_SLOTS | PROTOCOL_STATUS;

    private Features() {
    }

    static boolean has(long features, long bit) {
        return (features & bit) != 0;
    }
}
