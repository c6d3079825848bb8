package io.tapwright.vswitch.frame;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;

/**
 * A TCP segment in a frame, made and read byte by byte, with nothing of what is tested.
 *
 * @param ethernet up to the EtherType
 * @param network  the IP header with all its options or extension headers, without lengths, id and checksums
 * @param options  of TCP
 */
public record TcpPacket(boolean version6, byte[] ethernet, byte[] network, int id, int sequence, int flags, byte[] options,
        byte[] payload) {

    public static final int FIN = 1;
    public static final int PSH = 8;
    public static final int ACK = 16;
    public static final int CWR = 128;

    /** Of any family, with tags, options and extension headers in any number. */
    public static TcpPacket random(Random random, int payload) {
        boolean version6 = random.nextBoolean();
        ByteArrayOutputStream ethernet = new ByteArrayOutputStream();
        ethernet.writeBytes(new byte[] {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1});
        for (int tags = random.nextInt(3); tags > 0; tags--) {
            ethernet.writeBytes(new byte[] {(byte) (tags == 2 ? 0x88 : 0x81), (byte) (tags == 2 ? 0xa8 : 0), 0, (byte) tags});
        }
        ethernet.writeBytes(version6 ? new byte[] {(byte) 0x86, (byte) 0xdd} : new byte[] {8, 0});
        byte[] options = bytes(random, 4 * random.nextInt(11));
        return new TcpPacket(version6, ethernet.toByteArray(), version6 ? header6(random) : header4(random),
                random.nextInt(65536), random.nextInt(), random.nextInt(256), options, bytes(random, payload));
    }

    /** Untagged, without any options. */
    public static TcpPacket plain(boolean version6, int flags, byte[] payload) {
        byte[] network = version6 ? new byte[40] : new byte[20];
        network[0] = (byte) (version6 ? 0x60 : 0x45);
        network[version6 ? 6 : 9] = 6;
        byte[] ethernet = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, (byte) (version6 ? 0x86 : 8), (byte) (version6 ? 0xdd : 0)};
        return new TcpPacket(version6, ethernet, network, 77, 1000, flags, new byte[0], payload);
    }

    private static byte[] bytes(Random random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] header4(Random random) {
        byte[] header = bytes(random, 20 + 4 * random.nextInt(11));
        header[0] = (byte) (0x40 | header.length / 4);
        // DF or nothing.
        header[6] = (byte) (random.nextBoolean() ? 0x40 : 0);
        header[7] = 0;
        header[9] = 6;
        return header;
    }

    private static byte[] header6(Random random) {
        int extensions = random.nextInt(4);
        byte[] kinds = {0, 60, 60, 6};
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        byte[] fixed = bytes(random, 40);
        fixed[0] = 0x60;
        fixed[6] = kinds[3 - extensions];
        header.writeBytes(fixed);
        for (int i = 3 - extensions; i < 3; i++) {
            byte[] extension = bytes(random, 8 * (1 + random.nextInt(4)));
            extension[0] = kinds[i + 1];
            extension[1] = (byte) (extension.length / 8 - 1);
            header.writeBytes(extension);
        }
        return header.toByteArray();
    }

    public int networkAt() {
        return ethernet.length;
    }

    public int transportAt() {
        return ethernet.length + network.length;
    }

    public int headers() {
        return transportAt() + 20 + options.length;
    }

    /** The header before it that leaves checksum and segments of this size to others. */
    public long offload(int size) {
        int type = size == 0 ? 0 : version6 ? VirtioNetHeader.TCP6 : VirtioNetHeader.TCP4;
        return 1 | (long) type << 8 | (long) headers() << 16 | (long) size << 32 | (long) transportAt() << 48;
    }

    /** As a driver sends it that leaves the checksum to others: the field has the pseudo header's sum. */
    public byte[] partial() {
        byte[] frame = bytes(0);
        put16(frame, transportAt() + 16, pseudoSum(frame));
        return frame;
    }

    /** As it is on a wire. */
    public byte[] complete() {
        byte[] frame = bytes(0);
        put16(frame, transportAt() + 16, ~add(pseudoSum(frame), sum(frame, transportAt(), frame.length)));
        return frame;
    }

    private byte[] bytes(int checksum) {
        byte[] frame = Arrays.copyOf(ethernet, headers() + payload.length);
        System.arraycopy(network, 0, frame, networkAt(), network.length);
        int length = frame.length - networkAt();
        if (version6) {
            put16(frame, networkAt() + 4, length - 40);
        } else {
            put16(frame, networkAt() + 2, length);
            put16(frame, networkAt() + 4, id);
            put16(frame, networkAt() + 10, 0);
            put16(frame, networkAt() + 10, ~sum(frame, networkAt(), transportAt()));
        }
        int tcp = transportAt();
        put16(frame, tcp, 1234);
        put16(frame, tcp + 2, 80);
        put16(frame, tcp + 4, sequence >>> 16);
        put16(frame, tcp + 6, sequence);
        put16(frame, tcp + 8, 0x1122);
        frame[tcp + 12] = (byte) ((20 + options.length) / 4 << 4);
        frame[tcp + 13] = (byte) flags;
        put16(frame, tcp + 14, 500);
        put16(frame, tcp + 16, checksum);
        System.arraycopy(options, 0, frame, tcp + 20, options.length);
        System.arraycopy(payload, 0, frame, headers(), payload.length);
        return frame;
    }

    private int pseudoSum(byte[] frame) {
        int addresses = version6 ? sum(frame, networkAt() + 8, networkAt() + 40) : sum(frame, networkAt() + 12, networkAt() + 20);
        return add(addresses, add(6, frame.length - transportAt()));
    }

    /** What the segments of this size are, by the book. */
    public TcpPacket segment(int number, int size) {
        int from = number * size;
        int to = Math.min(from + size, payload.length);
        int kept = flags & (number == 0 ? 0xff : ~CWR) & (to == payload.length ? 0xff : ~(FIN | PSH));
        return new TcpPacket(version6, ethernet, network, id + number & 0xffff, sequence + from, kept, options,
                Arrays.copyOfRange(payload, from, to));
    }

    private static void put16(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >>> 8);
        bytes[at + 1] = (byte) value;
    }

    /** Ones' complement, big-endian, the plain way; an odd last byte is followed by a zero. */
    static int sum(byte[] bytes, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i += 2) {
            sum = add(sum, (bytes[i] & 0xff) << 8 | (i + 1 < to ? bytes[i + 1] & 0xff : 0));
        }
        return sum;
    }

    private static int add(int a, int b) {
        int sum = a + b;
        return sum > 0xffff ? sum - 0xffff : sum;
    }
}
