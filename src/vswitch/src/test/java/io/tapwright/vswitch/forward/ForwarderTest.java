package io.tapwright.vswitch.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.NativeFrames;
import io.tapwright.vswitch.frame.TcpPacket;
import io.tapwright.vswitch.frame.VirtioNetHeader;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ForwarderTest {

    private static final int ALL = Offloads.CHECKSUM | Offloads.TCP4_SEGMENTS | Offloads.TCP6_SEGMENTS | Offloads.ECN;
    private static final int NONE = 0;
    private static final long TO_THE_SECOND = 0x0200_0000_0002L;

    private final Arena arena = Arena.ofConfined();
    private final FrameBatch batch = new FrameBatch();
    private final Segment segment = new Segment("lan");
    private final Forwarder forwarder = new Forwarder();
    private final RecordingPort sender = port(ALL);

    @AfterEach
    void free() {
        arena.close();
    }

    private RecordingPort port(int offloads) {
        RecordingPort port = new RecordingPort(offloads, batch);
        segment.add(port);
        return port;
    }

    /** How many frames were invalid. */
    private long forward(int mayAsk) {
        SenderDrops drops = new SenderDrops();
        forwarder.forward(segment, 0, mayAsk, drops, batch, 1);
        return drops.invalid();
    }

    private static TcpPacket packet(boolean version6, int payload) {
        byte[] bytes = new byte[payload];
        for (int i = 0; i < payload; i++) {
            bytes[i] = (byte) (i * 7 + payload);
        }
        return TcpPacket.plain(version6, TcpPacket.ACK | TcpPacket.PSH, bytes);
    }

    private void add(TcpPacket packet, int size, int... parts) {
        NativeFrames.add(batch, arena, packet.partial(), packet.offload(size), 16, parts);
    }

    private void addPlain(TcpPacket packet, int... parts) {
        NativeFrames.add(batch, arena, packet.complete(), 0, 0, parts);
    }

    @Test
    void aReceiverThatAgreedGetsFramesAsTheyCame() {
        RecordingPort receiver = port(ALL);
        TcpPacket packet = packet(false, 5000);
        add(packet, 1000);

        assertThat(forward(ALL)).isZero();

        assertThat(receiver.sent).singleElement().satisfies(sent -> {
            assertThat(sent.asItCame()).isTrue();
            assertThat(sent.bytes()).isEqualTo(packet.partial());
            assertThat(sent.offload()).isEqualTo(packet.offload(1000));
            assertThat(sent.checksumOffset()).isEqualTo(16);
        });
        assertThat(sender.sent).isEmpty();
    }

    @Test
    void eachReceiverGetsWhatItCanTake() {
        RecordingPort none = port(NONE);
        RecordingPort checksum = port(Offloads.CHECKSUM);
        RecordingPort four = port(Offloads.CHECKSUM | Offloads.TCP4_SEGMENTS);
        TcpPacket packet4 = packet(false, 2500);
        TcpPacket packet6 = packet(true, 1800);
        TcpPacket partial = packet(false, 100);
        add(packet4, 1000, 700, 3);
        add(packet6, 1000);
        add(partial, 0);

        assertThat(forward(ALL)).isZero();

        byte[][] segments4 = {packet4.segment(0, 1000).complete(), packet4.segment(1, 1000).complete(), packet4.segment(2, 1000).complete()};
        byte[][] segments6 = {packet6.segment(0, 1000).complete(), packet6.segment(1, 1000).complete()};
        assertThat(none.bytes()).containsExactly(segments4[0], segments4[1], segments4[2], segments6[0], segments6[1], partial.complete());
        assertThat(none.sent).allMatch(sent -> sent.offload() == 0 && sent.checksumOffset() == 0);
        assertThat(checksum.bytes()).containsExactly(segments4[0], segments4[1], segments4[2], segments6[0], segments6[1], partial.partial());
        assertThat(checksum.sent.getLast().offload()).isEqualTo(partial.offload(0));
        assertThat(checksum.sent.getLast().checksumOffset()).isEqualTo(16);
        assertThat(four.bytes()).containsExactly(packet4.partial(), segments6[0], segments6[1], partial.partial());
        assertThat(four.sent.getFirst().offload()).isEqualTo(packet4.offload(1000));
    }

    @Test
    void whatNeedsNothingStaysInOrderWithWhatIsWorkedOn() {
        RecordingPort receiver = port(NONE);
        TcpPacket first = packet(false, 300);
        TcpPacket second = packet(false, 1500);
        TcpPacket third = packet(false, 400);
        addPlain(first, 100, 50);
        add(second, 1000, 1, 2, 3);
        addPlain(third);

        assertThat(forward(ALL)).isZero();

        assertThat(receiver.bytes()).containsExactly(first.complete(), second.segment(0, 1000).complete(),
                second.segment(1, 1000).complete(), third.complete());
    }

    @Test
    void moreSegmentsThanABatchHasFramesFor() {
        RecordingPort receiver = port(NONE);
        TcpPacket large = packet(true, 60_000);
        for (int i = 0; i < FrameBatch.CAPACITY; i++) {
            add(large, 48 + i);
        }

        assertThat(forward(ALL)).isZero();

        int at = 0;
        for (int i = 0; i < FrameBatch.CAPACITY; i++) {
            for (int number = 0; number * (48 + i) < 60_000; number++) {
                assertThat(receiver.sent.get(at++).bytes()).isEqualTo(large.segment(number, 48 + i).complete());
            }
        }
        assertThat(receiver.sent).hasSize(at);
    }

    @Test
    void longFramesGoInAsManyBatchesAsTheRoomTheyAreCopiedToAsksFor() {
        RecordingPort receiver = port(NONE);
        TcpPacket large = packet(false, 50_000);
        TcpPacket longest = packet(true, 65_000);
        for (int i = 0; i < FrameBatch.CAPACITY / 2; i++) {
            add(large, 0, 20_000);
            add(longest, 9_000);
        }

        assertThat(forward(ALL)).isZero();

        assertThat(receiver.sent).hasSize(FrameBatch.CAPACITY / 2 * 9);
        for (int i = 0; i < receiver.sent.size(); i++) {
            assertThat(receiver.sent.get(i).bytes())
                    .isEqualTo(i % 9 == 0 ? large.complete() : longest.segment(i % 9 - 1, 9_000).complete());
        }
        assertThat(receiver.mostBytesAtOnce).isBetween(60_000, Workshop.ROOM);
    }

    @Test
    void aFullBatchOfFramesInPartsIsReferredTo() {
        RecordingPort receiver = port(NONE);
        int[] parts = new int[62];
        Arrays.fill(parts, 9);
        for (int i = 0; i < FrameBatch.CAPACITY - 1; i++) {
            addPlain(packet(false, 1000 + i), parts);
        }
        add(packet(false, 10), 0);

        assertThat(forward(ALL)).isZero();

        for (int i = 0; i < FrameBatch.CAPACITY - 1; i++) {
            assertThat(receiver.sent.get(i).bytes()).isEqualTo(packet(false, 1000 + i).complete());
        }
        assertThat(receiver.sent.getLast().bytes()).isEqualTo(packet(false, 10).complete());
    }

    @Test
    void aBatchThatAsksForNothingIsNotLookedInto() {
        RecordingPort receiver = port(NONE);
        TcpPacket packet = packet(false, 100);
        // Nothing but lengths, which some drivers give with every frame.
        NativeFrames.add(batch, arena, packet.complete(), 0x1234_5678_9abc_0000L, 99);

        assertThat(forward(NONE)).isZero();

        assertThat(receiver.sent).singleElement().satisfies(sent -> assertThat(sent.asItCame()).isTrue());
    }

    @Test
    void whatASenderMayNotAskForIsDropped() {
        RecordingPort receiver = port(ALL);
        add(packet(false, 100), 0);
        add(packet(false, 2000), 1000);
        add(packet(true, 2000), 1000);
        addPlain(packet(false, 50));

        assertThat(forward(NONE)).isEqualTo(3);
        assertThat(receiver.bytes()).containsExactly(packet(false, 50).complete());
        receiver.sent.clear();

        assertThat(forward(Offloads.CHECKSUM)).isEqualTo(2);
        assertThat(receiver.bytes()).containsExactly(packet(false, 100).partial(), packet(false, 50).complete());
        receiver.sent.clear();

        assertThat(forward(Offloads.CHECKSUM | Offloads.TCP6_SEGMENTS)).isEqualTo(1);
        assertThat(receiver.sent).hasSize(3);
    }

    @Test
    void nonsenseIsDroppedAndCounted() {
        RecordingPort receiver = port(ALL);
        TcpPacket packet = packet(false, 200);
        long start = 0xffffL << 48;
        long[] nonsense = {
            packet.offload(100) & ~0xff00L | 3 << 8,
            packet.offload(100) & ~0xff00L | 5 << 8,
            packet.offload(100) & ~0xff00L | 0x7f << 8,
            packet.offload(100) & ~0xff00L | VirtioNetHeader.ECN << 8,
            packet.offload(100) & ~1L,
            packet.offload(100) & ~(0xffffL << 32),
            packet.offload(0) & ~start,
            packet.offload(0) | start,
            packet.offload(0) & ~start | (54L + 200 - 17) << 48,
        };
        for (long offload : nonsense) {
            NativeFrames.add(batch, arena, packet.partial(), offload, 16);
        }
        NativeFrames.add(batch, arena, packet.partial(), packet.offload(0), 65535);
        add(packet, 0);

        assertThat(forward(ALL)).isEqualTo(nonsense.length + 1);

        assertThat(receiver.bytes()).containsExactly(packet.partial());
    }

    @Test
    void segmentsThatCanNotBeCutAreDroppedAndCounted() {
        RecordingPort receiver = port(NONE);
        TcpPacket packet = packet(false, 2000);
        add(packet, 1);
        addPlain(packet);

        assertThat(forward(ALL)).isEqualTo(1);

        assertThat(receiver.bytes()).containsExactly(packet.complete());
    }

    @Test
    void theLastChecksumThatFitsIsFilledIn() {
        RecordingPort receiver = port(NONE);
        byte[] frame = packet(false, 0).complete();
        // The last two bytes, over themselves.
        NativeFrames.add(batch, arena, frame, 1 | (frame.length - 2L) << 48, 0);

        assertThat(forward(ALL)).isZero();

        byte[] expected = frame.clone();
        expected[frame.length - 2] = (byte) ~frame[frame.length - 2];
        expected[frame.length - 1] = (byte) ~frame[frame.length - 1];
        assertThat(receiver.bytes()).containsExactly(expected);
    }

    @Test
    void aChecksumThatSomebodyVouchesForIsSaidToThoseWhoDealWithThem() {
        RecordingPort all = port(ALL);
        RecordingPort none = port(NONE);
        byte[] frame = packet(false, 100).complete();
        long address = NativeFrames.add(batch, arena, frame, 0xfc | VirtioNetHeader.CHECKSUM_VALID, 0).address;

        assertThat(forward(ALL)).isZero();

        assertThat(all.sent).singleElement().satisfies(sent -> assertThat(sent.offload()).isEqualTo(VirtioNetHeader.CHECKSUM_VALID));
        assertThat(none.sent).singleElement().satisfies(sent -> {
            assertThat(sent.offload()).isZero();
            assertThat(sent.address()).as("not copied for that").isEqualTo(address);
        });
        assertThat(none.bytes()).containsExactly(frame);
    }

    @Test
    void ecnIsAnOffloadOfItsOwn() {
        RecordingPort receiver = port(ALL & ~Offloads.ECN);
        TcpPacket packet = TcpPacket.plain(false, TcpPacket.ACK | TcpPacket.CWR, new byte[200]);
        NativeFrames.add(batch, arena, packet.partial(), packet.offload(100) | VirtioNetHeader.ECN << 8, 16);

        assertThat(forward(ALL & ~Offloads.ECN)).isEqualTo(1);
        assertThat(forward(ALL)).isZero();

        assertThat(receiver.bytes()).containsExactly(packet.segment(0, 100).complete(), packet.segment(1, 100).complete());
    }

    @Test
    void aKnownAddressGetsSegmentsAloneAndTheOthersNothing() {
        RecordingPort other = port(ALL);
        RecordingPort receiver = port(NONE);
        segment.addresses().fix(Long.reverseBytes(TO_THE_SECOND) >>> 16, 2);
        TcpPacket packet = packet(false, 150);
        add(packet, 100);

        assertThat(forward(ALL)).isZero();

        assertThat(receiver.bytes()).containsExactly(packet.segment(0, 100).complete(), packet.segment(1, 100).complete());
        assertThat(other.sent).isEmpty();
    }
}
