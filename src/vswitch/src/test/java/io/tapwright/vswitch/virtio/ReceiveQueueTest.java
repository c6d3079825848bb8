package io.tapwright.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.vswitch.driver.DriverRing;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.GuestRam;
import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.FrameBatch;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReceiveQueueTest {

    private static final int SIZE = 64;
    private static final int HEADER = 12;
    private static final int CANARY = 0x5a;
    private static final long BUFFERS = 0x80000;
    /** Where the frames to send lie: not in the guest's memory. */
    private static final long SOURCE = 0x1000;

    private final GuestRam ram = new GuestRam(1 << 20);
    private final GuestRam elsewhere = new GuestRam(1 << 20);
    private final DriverRing driver = new DriverRing(ram, 0, SIZE, false);
    private final SplitRing ring = new SplitRing();
    private final ReceiveQueue queue = new ReceiveQueue(ring);
    private final FrameBatch batch = new FrameBatch();
    private final int[] picks = new int[FrameBatch.CAPACITY];

    @BeforeEach
    void start() {
        driver.startAt(0);
        ring.start(ram.memory(), SIZE, ram.at(driver.descriptors, 1), ram.at(driver.available, 1), ram.at(driver.used, 1), 0, false);
        assertThat(ring.tryLock()).isTrue();
        queue.agree(HEADER, true);
        ram.fill(BUFFERS, ram.size() - BUFFERS, CANARY);
        for (int i = 0; i < picks.length; i++) {
            picks[i] = i;
        }
    }

    @AfterEach
    void free() {
        ram.close();
        elsewhere.close();
    }

    /** Adds a frame to the batch, in so many parts. */
    private byte[] frame(int length, int parts) {
        byte[] bytes = GuestNic.frame(0x0200_0000_0002L, 0x0200_0000_0001L, length, batch.count + 1);
        long offset = SOURCE + batch.count * 0x1_0000L;
        if (length > 0x10000) {
            throw new IllegalArgumentException();
        }
        elsewhere.put(offset, bytes);
        Frame frame = batch.frames[batch.count++];
        frame.length = length;
        frame.offload = 0x0807_0605_0403_0201L;
        frame.checksumOffset = 0x0a09;
        frame.parts = parts;
        frame.address = elsewhere.at(offset, length);
        frame.firstPart = batch.pieces.count;
        if (parts > 1) {
            int done = 0;
            for (int i = 0; i < parts; i++) {
                int part = i == parts - 1 ? length - done : length / parts;
                batch.pieces.address[batch.pieces.count] = frame.address + done;
                batch.pieces.length[batch.pieces.count++] = part;
                done += part;
            }
        }
        return bytes;
    }

    private int send() {
        int sent = queue.send(batch, picks, 0, batch.count);
        ring.publish();
        batch.clear();
        return sent;
    }

    private void buffer(int number, int length) {
        driver.descriptor(number, GuestRam.guest(at(number)), length, DriverRing.WRITE, 0);
    }

    private static long at(int number) {
        return BUFFERS + number * 0x1000L;
    }

    private void assertHeader(byte[] bytes, int buffers) {
        assertThat(Arrays.copyOf(bytes, HEADER)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, buffers & 0xff, buffers >> 8);
    }

    @Test
    void aFrameFillsItsBufferAndNoByteMore() {
        for (int length : new int[] {14, 60, 128, 129, 1500, 3000}) {
            byte[] frame = frame(length, 1);
            buffer(3, HEADER + length);
            ram.fill(at(3), 0x1000, CANARY);
            driver.publish(3);
            assertThat(send()).isEqualTo(1);
            assertThat(driver.take()).isEqualTo(new DriverRing.Used(3, HEADER + length));
            assertHeader(ram.bytes(at(3), HEADER), 1);
            assertThat(ram.bytes(at(3) + HEADER, length)).isEqualTo(frame);
            assertThat(ram.bytes(at(3) + HEADER + length, 1)[0]).isEqualTo((byte) CANARY);
            assertThat(ram.bytes(at(3) - 1, 1)[0]).isEqualTo((byte) CANARY);
        }
    }

    @Test
    void aFrameInPartsIsPutTogether() {
        for (int parts : new int[] {2, 3, 17}) {
            byte[] frame = frame(2000, parts);
            buffer(0, 2012);
            driver.publish(0);
            assertThat(send()).isEqualTo(1);
            driver.take();
            assertThat(ram.bytes(at(0) + HEADER, 2000)).isEqualTo(frame);
        }
    }

    @Test
    void aFrameLargerThanABufferGoesToSeveralWhoseNumberTheHeaderSays() {
        byte[] frame = frame(9000, 1);
        int[] heads = {5, 4, 9, 8, 7};
        for (int head : heads) {
            buffer(head, 2048);
            driver.publish(head);
        }
        assertThat(send()).isEqualTo(1);
        assertHeader(ram.bytes(at(5), HEADER), 5);
        byte[] got = {};
        for (int i = 0; i < 5; i++) {
            int length = i < 4 ? 2048 : 9012 - 4 * 2048;
            assertThat(driver.take()).isEqualTo(new DriverRing.Used(heads[i], length));
            byte[] part = ram.bytes(at(heads[i]), length);
            int before = got.length;
            got = Arrays.copyOf(got, before + length);
            System.arraycopy(part, 0, got, before, length);
        }
        assertThat(Arrays.copyOfRange(got, HEADER, got.length)).isEqualTo(frame);
        assertThat(ram.bytes(at(7) + 9012 - 4 * 2048, 1)[0]).isEqualTo((byte) CANARY);
        assertThat(driver.take()).isNull();
    }

    @Test
    void withTooFewBuffersNothingIsTakenAndTheFrameIsNotSent() {
        frame(9000, 1);
        for (int i = 0; i < 4; i++) {
            buffer(i, 2048);
            driver.publish(i);
        }
        assertThat(send()).isZero();
        assertThat(driver.take()).isNull();
        assertThat(ring.index()).isZero();
        frame(60, 1);
        assertThat(send()).isEqualTo(1);
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(0, 72));
    }

    @Test
    void withoutMergeableBuffersAFrameGoesToOneOrNone() {
        queue.agree(HEADER, false);
        frame(3000, 1);
        buffer(0, 2048);
        buffer(1, 2048);
        driver.publish(0, 1);
        assertThat(send()).isZero();
        assertThat(queue.isTooLong()).isTrue();
        assertThat(driver.take()).isNull();
    }

    @Test
    void theFrameAfterOneThatIsTooLongHasTheBufferThatWasTooShort() {
        queue.agree(HEADER, false);
        frame(60, 1);
        frame(3000, 1);
        byte[] last = frame(61, 1);
        buffer(0, 2048);
        buffer(1, 2048);
        driver.publish(0, 1);
        assertThat(queue.send(batch, picks, 0, 3)).isEqualTo(1);
        assertThat(queue.isTooLong()).isTrue();
        assertThat(queue.send(batch, picks, 2, 3)).isEqualTo(3);
        ring.publish();
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(0, 72));
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(1, 73));
        assertThat(ram.bytes(at(1) + HEADER, 61)).isEqualTo(last);
        assertThat(queue.bytes()).isEqualTo(60 + 61);
    }

    @Test
    void wherePlaceIsWantingNoFrameIsTooLong() {
        queue.agree(HEADER, false);
        frame(60, 1);
        assertThat(send()).isZero();
        assertThat(queue.isTooLong()).isFalse();
    }

    @Test
    void longFramesBetweenShortOnesKeepTheirPlaces() {
        int[] lengths = {60, 5000, 61, 62, 3000, 3001, 63};
        int[] buffers = {1, 3, 1, 1, 2, 2, 1};
        byte[][] frames = new byte[lengths.length][];
        for (int i = 0; i < lengths.length; i++) {
            frames[i] = frame(lengths[i], i % 2 + 1);
        }
        for (int i = 0; i < 11; i++) {
            buffer(i, 2048);
            driver.publish(i);
        }
        assertThat(send()).isEqualTo(lengths.length);
        int head = 0;
        for (int i = 0; i < lengths.length; i++) {
            byte[] got = {};
            assertHeader(ram.bytes(at(head), HEADER), buffers[i]);
            for (int b = 0; b < buffers[i]; b++, head++) {
                int length = Math.min(2048, HEADER + lengths[i] - got.length);
                assertThat(driver.take()).isEqualTo(new DriverRing.Used(head, length));
                byte[] part = ram.bytes(at(head), length);
                int before = got.length;
                got = Arrays.copyOf(got, before + length);
                System.arraycopy(part, 0, got, before, length);
            }
            assertThat(Arrays.copyOfRange(got, HEADER, got.length)).isEqualTo(frames[i]);
        }
        assertThat(driver.take()).isNull();
    }

    @Test
    void aBufferInPiecesIsFilledPieceByPiece() {
        queue.agree(HEADER, false);
        byte[] frame = frame(1000, 1);
        driver.descriptor(0, GuestRam.guest(at(0)), 5, DriverRing.WRITE | DriverRing.NEXT, 1);
        driver.descriptor(1, GuestRam.guest(at(1)), 0, DriverRing.WRITE | DriverRing.NEXT, 2);
        driver.descriptor(2, GuestRam.guest(at(2)), 300, DriverRing.WRITE | DriverRing.NEXT, 3);
        driver.descriptor(3, GuestRam.guest(at(3)), 3000, DriverRing.WRITE, 0);
        driver.publish(0);
        assertThat(send()).isEqualTo(1);
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(0, 1012));
        byte[] got = new byte[1012];
        System.arraycopy(ram.bytes(at(0), 5), 0, got, 0, 5);
        System.arraycopy(ram.bytes(at(2), 300), 0, got, 5, 300);
        System.arraycopy(ram.bytes(at(3), 707), 0, got, 305, 707);
        assertHeader(got, 1);
        assertThat(Arrays.copyOfRange(got, HEADER, 1012)).isEqualTo(frame);
        assertThat(ram.bytes(at(0) + 5, 1)[0]).isEqualTo((byte) CANARY);
        assertThat(ram.bytes(at(2) + 300, 1)[0]).isEqualTo((byte) CANARY);
        assertThat(ram.bytes(at(3) + 707, 1)[0]).isEqualTo((byte) CANARY);
    }

    @Test
    void anIndirectTableOfBuffersIsFilled() {
        byte[] frame = frame(1000, 3);
        long table = 0x20000;
        driver.write(table, GuestRam.guest(at(0)), 12, DriverRing.WRITE | DriverRing.NEXT, 1);
        driver.write(table + 16, GuestRam.guest(at(1)), 1500, DriverRing.WRITE, 0);
        driver.descriptor(9, GuestRam.guest(table), 32, DriverRing.INDIRECT, 0);
        driver.publish(9);
        assertThat(send()).isEqualTo(1);
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(9, 1012));
        assertThat(ram.bytes(at(1), 1000)).isEqualTo(frame);
    }

    @Test
    void aBatchGoesOutInOrderAsFarAsThereIsRoom() {
        byte[][] frames = new byte[8][];
        for (int i = 0; i < 8; i++) {
            frames[i] = frame(60 + i, 1);
            if (i < 5) {
                buffer(i, 2048);
                driver.publish(i);
            }
        }
        assertThat(send()).isEqualTo(5);
        for (int i = 0; i < 5; i++) {
            assertThat(driver.take()).isEqualTo(new DriverRing.Used(i, HEADER + 60 + i));
            assertThat(ram.bytes(at(i) + HEADER, 60 + i)).isEqualTo(frames[i]);
        }
        assertThat(queue.bytes()).isEqualTo(60 + 61 + 62 + 63 + 64);
    }

    @Test
    void headsThatLeadNowhereAreReturnedEmptyAndTheFrameGoesToTheNext() {
        byte[] frame = frame(500, 1);
        driver.descriptor(0, 0xdead_0000L, 2048, DriverRing.WRITE, 0);
        driver.descriptor(1, GuestRam.guest(at(1)), 2048, 0, 0);
        driver.descriptor(2, GuestRam.guest(at(2)), HEADER - 1, DriverRing.WRITE, 0);
        driver.descriptor(3, GuestRam.guest(at(3)), 2048, DriverRing.WRITE | DriverRing.NEXT, 3);
        driver.descriptor(4, GuestRam.guest(0x20000), 24, DriverRing.INDIRECT, 0);
        buffer(5, 2048);
        driver.publish(0, 1, 2, 3, 4, 5);
        assertThat(send()).isEqualTo(1);
        for (int i = 0; i < 5; i++) {
            assertThat(driver.take()).isEqualTo(new DriverRing.Used(i, 0));
        }
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(5, 512));
        assertThat(ram.bytes(at(5) + HEADER, 500)).isEqualTo(frame);
        assertThat(queue.bad()).isEqualTo(5);
        assertThat(ram.bytes(at(1), 1)[0]).as("not to be written to").isEqualTo((byte) CANARY);
    }

    @Test
    void aRingFullOfHeadsThatLeadNowhereCostsAFrameOnlyAFewOfThem() {
        frame(500, 1);
        for (int i = 0; i < SIZE; i++) {
            driver.descriptor(i, 0, 2048, DriverRing.WRITE, 0);
            driver.publish(i);
        }
        assertThat(send()).isZero();
        assertThat(queue.bad()).isPositive().isLessThan(SIZE);
        assertThat(ring.broken()).isNull();
    }

    @Test
    void aBadHeadAmongThoseOfOneFrameGivesBackTheOthersEmpty() {
        frame(5000, 1);
        buffer(0, 2048);
        buffer(1, 2048);
        driver.descriptor(2, 0, 2048, DriverRing.WRITE, 0);
        driver.publish(0, 1, 2);
        assertThat(send()).isZero();
        for (int i = 0; i < 3; i++) {
            assertThat(driver.take()).isEqualTo(new DriverRing.Used(i, 0));
        }
        assertThat(queue.bad()).isEqualTo(1);
        buffer(0, 2048);
        driver.publish(0);
        byte[] next = frame(100, 1);
        assertThat(send()).isEqualTo(1);
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(0, 112));
        assertThat(ram.bytes(at(0) + HEADER, 100)).isEqualTo(next);
    }

    @Test
    void aFrameWhoseFirstBuffersWentBackHasTheNextOnes() {
        byte[] frame = frame(3000, 1);
        for (int i = 0; i < 4; i++) {
            buffer(i, 2048);
        }
        driver.descriptor(1, 0, 2048, DriverRing.WRITE, 0);
        driver.publish(0, 1, 2, 3);
        assertThat(send()).isEqualTo(1);
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(0, 0));
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(1, 0));
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(2, 2048));
        assertThat(driver.take()).isEqualTo(new DriverRing.Used(3, HEADER + 3000 - 2048));
        assertThat(ram.bytes(at(2) + HEADER, 2036)).isEqualTo(Arrays.copyOf(frame, 2036));
        assertThat(ram.bytes(at(3), 964)).isEqualTo(Arrays.copyOfRange(frame, 2036, 3000));
        assertHeader(ram.bytes(at(2), HEADER), 2);
    }

    @Test
    void aHeadBeyondTheRingBreaksIt() {
        frame(100, 1);
        driver.publish(SIZE);
        assertThat(send()).isZero();
        assertThat(ring.broken()).contains("beyond the ring");
    }

    @Test
    void anIndexThatJumpsBreaksIt() {
        frame(100, 1);
        driver.index(SIZE + 1);
        assertThat(send()).isZero();
        assertThat(ring.broken()).contains("jumped");
    }

    @Test
    void everyPageThatWasWrittenToIsLogged() {
        try (GuestRam bits = new GuestRam(1 << 20)) {
            ring.log(new DirtyLog(bits.at(0, 1 << 20), 1 << 20));
            byte[] frame = frame(9000, 1);
            for (int i = 0; i < 5; i++) {
                buffer(i, 2048);
                driver.publish(i);
            }
            assertThat(send()).isEqualTo(1);
            assertThat(frame).hasSize(9000);
            for (long offset = 0; offset < ram.size(); offset += 4096) {
                long page = GuestRam.guest(offset) >>> 12;
                boolean dirty = (bits.bytes(page >>> 3, 1)[0] >> (page & 7) & 1) != 0;
                boolean written = offset >= BUFFERS && offset < BUFFERS + 5 * 0x1000 || offset == (driver.used & -4096L);
                assertThat(dirty).as("page at " + Long.toHexString(offset)).isEqualTo(written);
            }
        }
    }

    @Test
    void pagesBeyondTheLogAreNotLogged() {
        try (GuestRam bits = new GuestRam(8192)) {
            bits.fill(0, 8192, 0);
            DirtyLog log = new DirtyLog(bits.at(0, 8192), 4096);
            log.written(ram.at(0, 1), ram.size(), ram.memory());
            log.written(ram.at(0, 1), -1, ram.memory());
            assertThat(bits.bytes(0, 8192)).isEqualTo(new byte[8192]);
        }
    }

    @Test
    void whoLooksAtTheLogMayClearBitsMeanwhile() {
        try (GuestRam bits = new GuestRam(1 << 20)) {
            long page = GuestRam.guest(0) >>> 12;
            bits.put(page >>> 3, new byte[] {(byte) 0x80});
            new DirtyLog(bits.at(0, 1 << 20), 1 << 20).written(ram.at(0, 1), 1, ram.memory());
            assertThat(bits.bytes(page >>> 3, 1)[0]).isEqualTo((byte) 0x81);
        }
    }
}
