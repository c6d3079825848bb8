package io.tapwright.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.vswitch.driver.DriverRing;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.GuestRam;
import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.memory.GuestMemory;
import io.tapwright.vswitch.memory.Memory;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TransmitQueueTest {

    private static final int SIZE = 64;
    private static final int HEADER = 12;
    private static final int BUFFERS = 0x40000;
    private static final byte[] FRAME = GuestNic.frame(0x0200_0000_0002L, 0x0200_0000_0001L, 100, 42);

    private final GuestRam ram = new GuestRam(1 << 20);
    private final DriverRing driver = new DriverRing(ram, 0, SIZE, false);
    private final SplitRing ring = new SplitRing();
    private final TransmitQueue queue = new TransmitQueue(ring);
    private final FrameBatch batch = new FrameBatch();

    @BeforeEach
    void start() {
        queue.headerLength(HEADER);
        start(0);
    }

    private void start(int index) {
        driver.startAt(index);
        ring.start(ram.memory(), SIZE, ram.at(driver.descriptors, 1), ram.at(driver.available, 1), ram.at(driver.used, 1), index, false);
        assertThat(ring.tryLock()).isTrue();
    }

    @AfterEach
    void free() {
        ram.close();
    }

    private void receive() {
        batch.clear();
        queue.receive(batch);
    }

    private byte[] bytesOf(Frame frame) {
        byte[] bytes = new byte[frame.length];
        int at = 0;
        for (int part = 0; part < frame.parts; part++) {
            long address = frame.parts == 1 ? frame.address : batch.pieces.address[frame.firstPart + part];
            int length = frame.parts == 1 ? frame.length : batch.pieces.length[frame.firstPart + part];
            for (int i = 0; i < length; i++) {
                bytes[at++] = (byte) Memory.getByte(address + i);
            }
        }
        assertThat(at).isEqualTo(frame.length);
        return bytes;
    }

    /** Header and frame as they lie one after the other. */
    private static byte[] withHeader(byte[] frame) {
        byte[] all = new byte[HEADER + frame.length];
        System.arraycopy(frame, 0, all, HEADER, frame.length);
        for (int i = 0; i < 10; i++) {
            all[i] = (byte) (i + 1);
        }
        return all;
    }

    /** Lays bytes out in pieces of these lengths, a gap between them, and describes them from a number on. */
    private void pieces(byte[] bytes, long table, int... lengths) {
        int from = 0;
        long at = BUFFERS;
        for (int i = 0; i < lengths.length; i++) {
            ram.put(at, Arrays.copyOfRange(bytes, from, from + lengths[i]));
            boolean last = i == lengths.length - 1;
            driver.write(table + 16L * i, GuestRam.guest(at), lengths[i], last ? 0 : DriverRing.NEXT, i + 1);
            from += lengths[i];
            at += lengths[i] + 64;
        }
        assertThat(from).isEqualTo(bytes.length);
    }

    private void assertArrives() {
        receive();
        assertThat(batch.count).isEqualTo(1);
        Frame frame = batch.frames[0];
        assertThat(bytesOf(frame)).isEqualTo(FRAME);
        assertThat(frame.offload).isEqualTo(0x0807_0605_0403_0201L);
        assertThat(frame.checksumOffset).isEqualTo(0x0a09);
        assertThat(frame.destination).isEqualTo(0x0200_0000_0002L);
        assertThat(frame.source).isEqualTo(0x0100_0000_0002L);
        assertThat(queue.giveBack(batch)).isTrue();
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(0, 0));
        assertThat(driver.take()).isNull();
        assertThat(queue.bad()).isZero();
    }

    /** The head comes back with nothing, is counted, and the next frame passes. */
    private void assertRefused(int head) {
        receive();
        assertThat(batch.count).isZero();
        assertThat(queue.bad()).isEqualTo(1);
        assertThat(ring.broken()).isNull();
        queue.giveBack(batch);
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(head, 0));
        ram.put(BUFFERS, withHeader(FRAME));
        driver.descriptor(63, GuestRam.guest(BUFFERS), HEADER + FRAME.length, 0, 0);
        driver.publish(63);
        receive();
        assertThat(batch.count).isEqualTo(1);
        assertThat(bytesOf(batch.frames[0])).isEqualTo(FRAME);
        queue.giveBack(batch);
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(63, 0));
    }

    @Test
    void aFrameInOneDescriptorArrives() {
        pieces(withHeader(FRAME), driver.descriptors, HEADER + FRAME.length);
        driver.publish(0);
        assertArrives();
        assertThat(batch.frames[0].parts).isEqualTo(1);
    }

    @Test
    void aFrameAfterAHeaderOfItsOwnArrives() {
        pieces(withHeader(FRAME), driver.descriptors, HEADER, FRAME.length);
        driver.publish(0);
        assertArrives();
        assertThat(batch.frames[0].parts).isEqualTo(1);
    }

    @Test
    void headerAndFrameInAnyPiecesArrive() {
        int all = HEADER + FRAME.length;
        for (int first = 1; first < 40; first++) {
            for (int second = 1; second < 30; second++) {
                driver.startAt(0);
                start(ring, 0);
                pieces(withHeader(FRAME), driver.descriptors, first, second, 1, all - first - second - 1);
                driver.publish(0);
                assertArrives();
            }
        }
    }

    private void start(SplitRing again, int index) {
        again.unlock();
        start(index);
    }

    @Test
    void aFrameInPiecesOfOneByteArrives() {
        byte[] small = withHeader(Arrays.copyOf(FRAME, 40));
        int[] ones = new int[small.length];
        Arrays.fill(ones, 1);
        pieces(small, driver.descriptors, ones);
        driver.publish(0);
        receive();
        assertThat(batch.count).isEqualTo(1);
        assertThat(bytesOf(batch.frames[0])).isEqualTo(Arrays.copyOf(FRAME, 40));
    }

    @Test
    void anIndirectTableArrives() {
        long table = 0x20000;
        pieces(withHeader(FRAME), table, HEADER, 20, FRAME.length - 20);
        driver.descriptor(0, GuestRam.guest(table), 48, DriverRing.INDIRECT, 0);
        driver.publish(0);
        assertArrives();
    }

    @Test
    void theDeviceIgnoresWhetherAnIndirectTableIsWritable() {
        long table = 0x20000;
        pieces(withHeader(FRAME), table, HEADER, FRAME.length);
        driver.descriptor(0, GuestRam.guest(table), 32, DriverRing.INDIRECT | DriverRing.WRITE, 0);
        driver.publish(0);
        assertArrives();
    }

    @Test
    void emptyDescriptorsInAChainAreNothing() {
        pieces(withHeader(FRAME), driver.descriptors, 0, HEADER, 0, FRAME.length, 0);
        driver.publish(0);
        assertArrives();
    }

    @Test
    void theShortestFrameArrivesAndAShorterOneDoesNot() {
        pieces(withHeader(Arrays.copyOf(FRAME, Frame.LEAST)), driver.descriptors, HEADER + 5, Frame.LEAST - 5);
        driver.publish(0);
        receive();
        assertThat(batch.count).isEqualTo(1);
        assertThat(bytesOf(batch.frames[0])).isEqualTo(Arrays.copyOf(FRAME, Frame.LEAST));
        queue.giveBack(batch);
        driver.take();
        pieces(withHeader(Arrays.copyOf(FRAME, Frame.LEAST - 1)), driver.descriptors, HEADER + Frame.LEAST - 1);
        driver.publish(0);
        assertRefused(0);
    }

    @Test
    void aFrameLongerThanAnySegmentIsRefused() {
        driver.descriptor(0, GuestRam.guest(BUFFERS), HEADER + Frame.LONGEST + 1, 0, 0);
        driver.publish(0);
        assertRefused(0);
    }

    @Test
    void theLongestFrameArrives() {
        driver.descriptor(0, GuestRam.guest(BUFFERS), HEADER + Frame.LONGEST, 0, 0);
        driver.publish(0);
        receive();
        assertThat(batch.count).isEqualTo(1);
        assertThat(batch.frames[0].length).isEqualTo(Frame.LONGEST);
    }

    @Test
    void aLoopComesToAnEnd() {
        driver.descriptor(0, GuestRam.guest(BUFFERS), 64, DriverRing.NEXT, 1);
        driver.descriptor(1, GuestRam.guest(BUFFERS), 64, DriverRing.NEXT, 0);
        driver.publish(0);
        assertRefused(0);
    }

    @Test
    void aLoopOfEmptyBuffersComesToAnEndSoon() {
        long table = 0x20000;
        // The largest table that fits, of empty buffers: none of them is a part, so that parts alone bound nothing.
        int count = 8192;
        for (int i = 0; i < count; i++) {
            driver.write(table + 16L * i, GuestRam.guest(BUFFERS), 0, DriverRing.NEXT, (i + 1) % count);
        }
        driver.descriptor(0, GuestRam.guest(table), count * 16, DriverRing.INDIRECT, 0);
        driver.publish(0);
        assertRefused(0);
    }

    @Test
    void aSuccessorBeyondTheTableIsRefused() {
        driver.descriptor(0, GuestRam.guest(BUFFERS), 64, DriverRing.NEXT, SIZE);
        driver.publish(0);
        assertRefused(0);
    }

    @Test
    void aSuccessorBeyondAnIndirectTableIsRefused() {
        long table = 0x20000;
        driver.write(table, GuestRam.guest(BUFFERS), 64, DriverRing.NEXT, 2);
        driver.descriptor(0, GuestRam.guest(table), 32, DriverRing.INDIRECT, 0);
        driver.publish(0);
        assertRefused(0);
    }

    @Test
    void aTableInATableIsRefused() {
        long table = 0x20000;
        driver.write(table, GuestRam.guest(table), 16, DriverRing.INDIRECT, 0);
        driver.descriptor(0, GuestRam.guest(table), 16, DriverRing.INDIRECT, 0);
        driver.publish(0);
        assertRefused(0);
    }

    @Test
    void aTableWithASuccessorIsRefused() {
        driver.descriptor(0, GuestRam.guest(0x20000), 16, DriverRing.INDIRECT | DriverRing.NEXT, 1);
        driver.publish(0);
        assertRefused(0);
    }

    @Test
    void tablesOfOddOrNoLengthAreRefused() {
        for (int length : new int[] {0, 8, 17, -16, Integer.MIN_VALUE}) {
            int before = (int) queue.bad();
            driver.descriptor(0, GuestRam.guest(0x20000), length, DriverRing.INDIRECT, 0);
            driver.publish(0);
            receive();
            assertThat(batch.count).as("length " + length).isZero();
            assertThat(queue.bad()).isEqualTo(before + 1);
            queue.giveBack(batch);
            assertThat(driver.take()).isEqualTo(new DriverRing.Used(0, 0));
        }
    }

    @Test
    void aTableOutsideOfTheMemoryIsRefused() {
        driver.descriptor(0, GuestRam.guest(ram.size() - 16), 32, DriverRing.INDIRECT, 0);
        driver.publish(0);
        assertRefused(0);
    }

    @Test
    void aBufferOutsideOfTheMemoryIsRefused() {
        long[] addresses = {0, -1, GuestRam.GUEST - 1, GuestRam.guest(ram.size()), GuestRam.guest(ram.size() - 10), GuestRam.USER,
            Long.MIN_VALUE, Long.MAX_VALUE, ram.at(BUFFERS, 1)};
        for (long address : addresses) {
            int before = (int) queue.bad();
            driver.descriptor(0, address, 200, 0, 0);
            driver.publish(0);
            receive();
            assertThat(batch.count).as(Long.toHexString(address)).isZero();
            assertThat(queue.bad()).isEqualTo(before + 1);
            queue.giveBack(batch);
        }
    }

    @Test
    void lengthsThatOverflowAreRefused() {
        for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MIN_VALUE + 11, Integer.MIN_VALUE + 12 + 64, Integer.MAX_VALUE, -12}) {
            int before = (int) queue.bad();
            driver.descriptor(0, GuestRam.guest(BUFFERS), length, 0, 0);
            driver.publish(0);
            receive();
            assertThat(batch.count).as("length " + length).isZero();
            assertThat(queue.bad()).isEqualTo(before + 1);
            queue.giveBack(batch);
        }
    }

    @Test
    void aBufferToWriteToIsNoFrame() {
        driver.descriptor(0, GuestRam.guest(BUFFERS), 100, DriverRing.WRITE, 0);
        driver.publish(0);
        assertRefused(0);
    }

    @Test
    void aFrameAcrossTwoRegionsArrives() {
        try (GuestRam other = new GuestRam(1 << 20)) {
            long end = GuestRam.guest(ram.size());
            var first = ram.memory().regions().getFirst();
            var second = other.memory().regions().getFirst();
            GuestMemory both = new GuestMemory(List.of(first, new GuestMemory.Region(end, 0, second.size(), second.mapping(), 0)));
            ring.move(both, ram.at(driver.descriptors, 1), ram.at(driver.available, 1), ram.at(driver.used, 1));
            byte[] bytes = withHeader(FRAME);
            for (int cut : new int[] {1, 5, 12, 13, 20, 26, 40, 111}) {
                ram.put(ram.size() - cut, Arrays.copyOf(bytes, cut));
                other.put(0, Arrays.copyOfRange(bytes, cut, bytes.length));
                driver.descriptor(0, end - cut, bytes.length, 0, 0);
                driver.publish(0);
                assertArrives();
            }
        }
    }

    @Test
    void aHeadBeyondTheRingBreaksItForGood() {
        driver.publish(SIZE);
        receive();
        assertThat(batch.count).isZero();
        assertThat(ring.isUsable()).isFalse();
        assertThat(ring.broken()).contains("head 64").contains("64");
    }

    @Test
    void framesBeforeAHeadBeyondTheRingAreStillForwarded() {
        pieces(withHeader(FRAME), driver.descriptors, HEADER + FRAME.length);
        driver.publish(0, 0xffff);
        receive();
        assertThat(batch.count).isEqualTo(1);
        assertThat(ring.broken()).isNotNull();
    }

    @Test
    void anIndexThatJumpsBreaksTheRing() {
        driver.index(SIZE + 1);
        receive();
        assertThat(batch.count).isZero();
        assertThat(ring.broken()).contains("jumped to 65");
    }

    @Test
    void anIndexThatGoesBackBreaksTheRing() {
        start(ring, 100);
        driver.index(99);
        receive();
        assertThat(ring.broken()).contains("jumped");
    }

    @Test
    void theIndexRunsThrough() {
        start(ring, 0xfff0);
        for (int i = 0; i < 100; i++) {
            ram.put(BUFFERS, withHeader(FRAME));
            driver.descriptor(i % SIZE, GuestRam.guest(BUFFERS), HEADER + FRAME.length, 0, 0);
            driver.publish(i % SIZE);
            receive();
            assertThat(batch.count).isEqualTo(1);
            queue.giveBack(batch);
            assertThat(driver.take()).isEqualTo(new DriverRing.Used(i % SIZE, 0));
        }
        assertThat(ring.index()).isEqualTo(0xfff0 + 100 & 0xffff);
    }

    @Test
    void aFullRingOfLongChainsComesInSeveralBatches() {
        long table = 0x20000;
        int parts = 1000;
        byte[] all = withHeader(Arrays.copyOf(FRAME, 100));
        for (int i = 0; i < parts; i++) {
            int length = i < all.length ? 1 : 1;
            driver.write(table + 16L * i, GuestRam.guest(BUFFERS + i % all.length), length, i == parts - 1 ? 0 : DriverRing.NEXT, i + 1);
        }
        for (int i = 0; i < SIZE; i++) {
            driver.descriptor(i, GuestRam.guest(table), parts * 16, DriverRing.INDIRECT, 0);
            driver.publish(i);
        }
        int frames = 0;
        for (int round = 0; round < SIZE && frames < SIZE; round++) {
            receive();
            assertThat(batch.count).isPositive();
            assertThat(batch.pieces.count).isLessThanOrEqualTo(FrameBatch.MOST_PARTS);
            frames += batch.count;
            queue.giveBack(batch);
        }
        assertThat(frames).isEqualTo(SIZE);
        assertThat(queue.bad()).isZero();
    }

    @Test
    void withoutVersion1TheHeaderIsShorter() {
        queue.headerLength(10);
        byte[] bytes = Arrays.copyOfRange(withHeader(FRAME), 2, HEADER + FRAME.length);
        ram.put(BUFFERS, bytes);
        driver.descriptor(0, GuestRam.guest(BUFFERS), bytes.length, 0, 0);
        driver.publish(0);
        receive();
        assertThat(bytesOf(batch.frames[0])).isEqualTo(FRAME);
    }
}
