package io.tapwright.vswitch.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecksumTest {

    private static int sumOf(byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            // At an odd address, for good measure.
            MemorySegment memory = arena.allocate(bytes.length + 1L, 8).asSlice(1);
            MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
            int little = Checksum.fold(Checksum.sum(memory.address(), bytes.length, 0));
            return Short.reverseBytes((short) little) & 0xffff;
        }
    }

    @Test
    void sumsUpTheExampleOfRfc1071() {
        assertThat(sumOf(HexFormat.of().parseHex("0001f203f4f5f6f7"))).isEqualTo(0xddf2);
    }

    @Test
    void sumsUpAnIpHeaderThatIsKnown() {
        // From RFC 1624's neighbours in every textbook: the checksum is b861.
        byte[] header = HexFormat.of().parseHex("450000730000400040110000c0a80001c0a800c7");

        assertThat(~sumOf(header) & 0xffff).isEqualTo(0xb861);
    }

    @Test
    void sumsUpAnyLengthLikeThePlainWay() {
        Random random = new Random(1);
        for (int length = 0; length < 200; length++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            assertThat(sumOf(bytes) % 0xffff).as("%d bytes", length).isEqualTo(TcpPacket.sum(bytes, 0, length) % 0xffff);
        }
        for (int length : new int[] {1499, 9000, 65535, 65557}) {
            byte[] bytes = new byte[length];
            Arrays.fill(bytes, (byte) 0xff);
            assertThat(sumOf(bytes) % 0xffff).as("%d bytes", length).isEqualTo(TcpPacket.sum(bytes, 0, length) % 0xffff);
        }
    }

    @Test
    void foldsWhatIsLarge() {
        assertThat(Checksum.fold(0)).isZero();
        assertThat(Checksum.fold(0xffff)).isEqualTo(0xffff);
        assertThat(Checksum.fold(0x1_0000)).isEqualTo(1);
        assertThat(Checksum.fold(0xffff_ffffL)).isEqualTo(0xffff);
        assertThat(Checksum.fold(0x1_ffff_ffffL)).isEqualTo(1);
        assertThat(Checksum.fold(0x7fff_ffff_ffff_ffffL)).isEqualTo(0x7fff);
    }

    @Test
    void completesWhatADriverLeftPartial() {
        Random random = new Random(2);
        try (Arena arena = Arena.ofConfined()) {
            for (int i = 0; i < 300; i++) {
                TcpPacket packet = TcpPacket.random(random, random.nextInt(2000));
                byte[] partial = packet.partial();
                MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, partial);

                Checksum.complete(memory.address(), partial.length, packet.transportAt(), 16);

                assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(packet.complete());
            }
        }
    }

    @Test
    void writesAChecksumOfZeroAsItsOtherSelf() {
        try (Arena arena = Arena.ofConfined()) {
            // All but the field sums up to ffff.
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) 0xff, (byte) 0xff, (byte) 0, (byte) 0);

            Checksum.complete(memory.address(), 4, 0, 2);

            assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).containsExactly(0xff, 0xff, 0xff, 0xff);
        }
    }
}
