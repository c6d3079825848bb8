package io.tapwright.testkit.capture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A pcapng file of one section with one interface, after draft-ietf-opsawg-pcapng.
 *
 * @param application shb_userappl
 * @param statistics  in their order, the last at the end
 */
public record PcapngFile(String application, String name, String description, int snapLength, List<Packet> packets,
        List<Statistics> statistics) {

    /** @param inbound of epb_flags: true for inbound, false for outbound */
    public record Packet(long epochNanos, boolean inbound, int length, byte[] bytes) {

        public int etherType() {
            return ByteBuffer.wrap(bytes).getShort(12) & 0xffff;
        }

        /** ICMP's type, or -1 where it is no ICMP in IPv4 without options. */
        public int icmpType() {
            return etherType() == 0x0800 && bytes.length > 34 && bytes[14] == 0x45 && bytes[23] == 1 ? bytes[34] & 0xff : -1;
        }
    }

    /** @param comment empty for none */
    public record Statistics(long received, long dropped, String comment) {
    }

    /** @throws AssertionError where it is none, or ends in the middle of a block */
    public static PcapngFile parse(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        Block section = Block.next(in);
        require(section.type == 0x0a0d0d0a, "begins with a section header");
        require(section.body.getInt(0) == 0x1a2b3c4d && section.body.getInt(4) == 1 && section.body.getLong(8) == -1,
                "byte order, version 1.0, length");
        Block description = Block.next(in);
        require(description.type == 1 && description.body.getShort(0) == 1, "an interface, LINKTYPE_ETHERNET");
        Map<Integer, byte[]> options = description.options(8);
        require(Arrays.equals(options.get(9), new byte[] {9}), "nanoseconds");
        List<Packet> packets = new ArrayList<>();
        List<Statistics> statistics = new ArrayList<>();
        while (in.hasRemaining()) {
            Block block = Block.next(in);
            switch (block.type) {
                case 6 -> packets.add(packet(block));
                case 5 -> statistics.add(statistics(block));
                default -> throw new AssertionError("a block of type " + block.type);
            }
        }
        return new PcapngFile(text(section.options(16).get(4)), text(options.get(2)), text(options.get(3)), description.body.getInt(4),
                packets, statistics);
    }

    private static Packet packet(Block block) {
        ByteBuffer body = block.body;
        int captured = body.getInt(12);
        byte[] bytes = new byte[captured];
        body.get(20, bytes);
        int flags = number(block.options(20 + (captured + 3 & -4)).get(2), Integer.BYTES).getInt();
        require((flags & 3) == 1 || (flags & 3) == 2, "a direction");
        require(captured <= body.getInt(16), "no more bytes than the frame has");
        return new Packet(time(body, 4), (flags & 3) == 1, body.getInt(16), bytes);
    }

    private static Statistics statistics(Block block) {
        Map<Integer, byte[]> options = block.options(12);
        require(time(number(options.get(2), 8), 0) <= time(number(options.get(3), 8), 0), "begin and end");
        return new Statistics(number(options.get(4), Long.BYTES).getLong(), number(options.get(5), Long.BYTES).getLong(),
                options.containsKey(1) ? text(options.get(1)) : "");
    }

    private static long time(ByteBuffer body, int at) {
        return (long) body.getInt(at) << 32 | Integer.toUnsignedLong(body.getInt(at + 4));
    }

    private static ByteBuffer number(byte[] option, int length) {
        require(option != null && option.length == length, "an option of " + length + " bytes");
        return ByteBuffer.wrap(option).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String text(byte[] option) {
        require(option != null, "an option with a text");
        return new String(option, StandardCharsets.UTF_8);
    }

    private static void require(boolean so, String what) {
        if (!so) {
            throw new AssertionError("expected " + what);
        }
    }

    private record Block(int type, ByteBuffer body) {

        static Block next(ByteBuffer in) {
            require(in.remaining() >= 12, "a block of 12 bytes at least, got " + in.remaining());
            int begin = in.position();
            int total = in.getInt(begin + 4);
            require(total >= 12 && total % 4 == 0 && total <= in.remaining(), "a block as long as it says: " + total);
            require(in.getInt(begin + total - 4) == total, "the same length at the end");
            in.position(begin + total);
            return new Block(in.getInt(begin), in.slice(begin + 8, total - 12).order(ByteOrder.LITTLE_ENDIAN));
        }

        Map<Integer, byte[]> options(int from) {
            Map<Integer, byte[]> all = new HashMap<>();
            int at = from;
            while (true) {
                int code = body.getShort(at) & 0xffff;
                int length = body.getShort(at + 2) & 0xffff;
                if (code == 0) {
                    require(length == 0 && at + 4 == body.limit(), "the end of the options at the end of the block");
                    return all;
                }
                byte[] value = new byte[length];
                body.get(at + 4, value);
                for (int i = length; i % 4 != 0; i++) {
                    require(body.get(at + 4 + i) == 0, "padding of zeros");
                }
                require(all.put(code, value) == null, "each option once");
                at += 4 + (length + 3 & -4);
            }
        }
    }
}
