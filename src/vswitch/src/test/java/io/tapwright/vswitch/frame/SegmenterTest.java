package io.tapwright.vswitch.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SegmenterTest {

    private static final int LONGEST = 65557;
    private static final byte GUARD = 0x5a;

    private final Segmenter segmenter = new Segmenter();

    /** The segments' bytes, or null where the frame is refused; looks that nothing is written beside them. */
    private List<byte[]> segments(byte[] bytes, long offload, int checksumOffset, int... parts) {
        try (Arena arena = Arena.ofConfined()) {
            FrameBatch batch = new FrameBatch();
            Frame frame = NativeFrames.add(batch, arena, bytes, offload, checksumOffset, parts);
            if (!segmenter.begin(batch, frame)) {
                return null;
            }
            List<byte[]> segments = new ArrayList<>();
            MemorySegment to = arena.allocate(LONGEST + 64L, 64);
            while (segmenter.hasNext()) {
                to.fill(GUARD);
                int length = segmenter.nextLength();
                segmenter.next(to.address() + 32);
                assertThat(to.asSlice(0, 32).toArray(ValueLayout.JAVA_BYTE)).containsOnly(GUARD);
                assertThat(to.asSlice(32L + length, 32).toArray(ValueLayout.JAVA_BYTE)).containsOnly(GUARD);
                segments.add(to.asSlice(32, length).toArray(ValueLayout.JAVA_BYTE));
            }
            return segments;
        }
    }

    @Test
    void segmentsAreThoseOfTheBook() {
        Random random = new Random(3);
        for (int i = 0; i < 1500; i++) {
            int most = random.nextInt(10) == 0 ? 60000 : 6000;
            TcpPacket packet = TcpPacket.random(random, 1 + random.nextInt(most));
            int size = Segmenter.LEAST_SIZE + random.nextInt(random.nextBoolean() ? 100 : 3000);
            byte[] frame = packet.partial();

            List<byte[]> segments = segments(frame, packet.offload(size), 16, NativeFrames.randomParts(random, frame.length));

            assertThat(segments).as("%s", packet).hasSize((packet.payload().length + size - 1) / size);
            for (int number = 0; number < segments.size(); number++) {
                assertThat(segments.get(number)).as("segment %d of %s", number, packet)
                        .isEqualTo(packet.segment(number, size).complete());
            }
        }
    }

    @Test
    void onlyTheFirstSegmentHasCwrAndOnlyTheLastFinAndPsh() {
        TcpPacket packet = TcpPacket.plain(false, TcpPacket.ACK | TcpPacket.CWR | TcpPacket.FIN | TcpPacket.PSH, new byte[250]);
        long offload = packet.offload(100) | VirtioNetHeader.ECN << 8;

        List<byte[]> segments = segments(packet.partial(), offload, 16);

        assertThat(segments).extracting(s -> s[packet.transportAt() + 13] & 0xff)
                .containsExactly(TcpPacket.ACK | TcpPacket.CWR, TcpPacket.ACK, TcpPacket.ACK | TcpPacket.FIN | TcpPacket.PSH);
        assertThat(segments).extracting(s -> s[packet.networkAt() + 5] & 0xff).containsExactly(77, 78, 79);
        assertThat(segments).extracting(s -> s.length - packet.headers()).containsExactly(100, 100, 50);
    }

    @Test
    void whatFitsIntoOneSegmentIsOne() {
        TcpPacket packet = TcpPacket.plain(true, TcpPacket.ACK | TcpPacket.PSH, new byte[20]);

        assertThat(segments(packet.partial(), packet.offload(1440), 16)).singleElement().isEqualTo(packet.complete());
    }

    @Test
    void theLongestFrameIsCut() {
        TcpPacket packet = TcpPacket.plain(false, TcpPacket.ACK, new byte[LONGEST - 54]);

        List<byte[]> segments = segments(packet.partial(), packet.offload(1448), 16, 30000);

        assertThat(segments).hasSize((LONGEST - 54 + 1447) / 1448);
        assertThat(segments.getLast()).isEqualTo(packet.segment(segments.size() - 1, 1448).complete());
    }

    record Nonsense(String what, boolean version6, Consumer<byte[]> change, long offload, int checksumOffset) {
        @Override
        public String toString() {
            return what;
        }
    }

    static Stream<Arguments> nonsense() {
        TcpPacket four = TcpPacket.plain(false, TcpPacket.ACK, new byte[3000]);
        TcpPacket six = TcpPacket.plain(true, TcpPacket.ACK, new byte[3000]);
        Consumer<byte[]> same = frame -> { };
        long offload4 = four.offload(1000);
        long offload6 = six.offload(1000);
        long start = 0xffffL << 48;
        return Stream.of(
                new Nonsense("a checksum that is not TCP's", false, same, offload4, 6),
                new Nonsense("IPv4 that says it is IPv6", false, same, offload4 & ~0xff00L | VirtioNetHeader.TCP6 << 8, 16),
                new Nonsense("IPv6 that says it is IPv4", true, same, offload6 & ~0xff00L | VirtioNetHeader.TCP4 << 8, 16),
                new Nonsense("segments of no size", false, same, four.offload(1000) & ~(0xffffL << 32), 16),
                new Nonsense("segments of a byte", false, same, four.offload(1), 16),
                new Nonsense("a TCP header at the frame's begin", false, same, offload4 & ~start, 16),
                new Nonsense("a TCP header behind the frame", false, same, offload4 & ~start | 3050L << 48, 16),
                new Nonsense("a TCP header far beyond the others", false, same, offload4 & ~start | 600L << 48, 16),
                new Nonsense("a TCP header four bytes late", false, same, offload4 & ~start | 38L << 48, 16),
                new Nonsense("another protocol over IPv4", false, frame -> frame[23] = 17, offload4, 16),
                new Nonsense("another version of IP", false, frame -> frame[14] = 0x65, offload4, 16),
                new Nonsense("an IPv4 header with a wrong length", false, frame -> frame[14] = 0x46, offload4, 16),
                new Nonsense("a fragment", false, frame -> frame[20] = 0x20, offload4, 16),
                new Nonsense("a later fragment", false, frame -> frame[21] = 1, offload4, 16),
                new Nonsense("a TCP header of 16 bytes", false, frame -> frame[46] = 0x40, offload4, 16),
                new Nonsense("another EtherType", false, frame -> frame[12] = 9, offload4, 16),
                new Nonsense("a tag with nothing behind it", false, frame -> frame[12] = (byte) 0x81, offload4, 16),
                new Nonsense("another protocol over IPv6", true, frame -> frame[20] = 17, offload6, 16),
                new Nonsense("a fragment of IPv6", true, frame -> frame[20] = 44, six.offload(1000) & ~start | 62L << 48, 16),
                new Nonsense("an extension header that ends behind TCP's begin", true, frame -> {
                    frame[20] = 0;
                    frame[54] = 6;
                    frame[55] = 2;
                }, offload6 & ~start | 62L << 48, 16)).map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource
    void nonsense(Nonsense nonsense) {
        byte[] frame = TcpPacket.plain(nonsense.version6, TcpPacket.ACK, new byte[3000]).partial();
        nonsense.change.accept(frame);

        assertThat(segments(frame, nonsense.offload, nonsense.checksumOffset)).isNull();
    }

    @Test
    void aTcpHeaderThatEndsBehindTheFrameIsNonsense() {
        TcpPacket packet = TcpPacket.plain(false, TcpPacket.ACK, new byte[10]);
        byte[] frame = packet.partial();
        frame[46] = (byte) 0xf0;

        assertThat(segments(frame, packet.offload(1000), 16)).isNull();
    }

    /** IPv4's length has 16 bits; the frame may be a bit longer. */
    @Test
    void aSegmentLongerThanIpAllowsIsNonsense() {
        TcpPacket packet = TcpPacket.plain(false, TcpPacket.ACK, new byte[65535 - 40 + 1]);

        assertThat(segments(packet.partial(), packet.offload(65535), 16)).isNull();
        assertThat(segments(packet.partial(), packet.offload(65495), 16)).hasSize(2);
    }

    @Test
    void whateverTheHeadersSayNothingIsWrittenBesideTheSegments() {
        Random random = new Random(4);
        int cut = 0;
        for (int i = 0; i < 20_000; i++) {
            TcpPacket packet = TcpPacket.random(random, random.nextInt(300));
            byte[] frame = packet.partial();
            long offload = packet.offload(Segmenter.LEAST_SIZE + random.nextInt(200));
            for (int changes = random.nextInt(3); changes > 0; changes--) {
                if (random.nextBoolean()) {
                    frame[12 + random.nextInt(packet.headers() - 12)] = (byte) random.nextInt();
                } else {
                    offload ^= 1L << random.nextInt(16, 64);
                }
            }
            List<byte[]> segments = segments(frame, offload, 16, NativeFrames.randomParts(random, frame.length));
            if (segments != null) {
                cut++;
                int payload = segments.stream().mapToInt(segment -> segment.length).sum();
                assertThat(payload).isGreaterThanOrEqualTo(frame.length);
            }
        }
        assertThat(cut).isBetween(1_000, 19_000);
    }
}
