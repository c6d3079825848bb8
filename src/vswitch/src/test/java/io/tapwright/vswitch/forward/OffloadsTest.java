package io.tapwright.vswitch.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.vswitch.frame.Frame;
import org.junit.jupiter.api.Test;

class OffloadsTest {

    private static int wanted(int flags, int segmentation, int size, int checksumStart, int checksumOffset, int length) {
        Frame frame = new Frame();
        frame.offload = flags | (long) segmentation << 8 | 54L << 16 | (long) size << 32 | (long) checksumStart << 48;
        frame.checksumOffset = checksumOffset;
        frame.length = length;
        return Offloads.wantedBy(frame);
    }

    @Test
    void aFrameThatIsCompleteAsksForNothing() {
        assertThat(wanted(0, 0, 0, 0, 0, 60)).isZero();
        assertThat(wanted(0, 0, 1448, 34, 16, 60)).as("the rest says nothing without a flag").isZero();
    }

    @Test
    void aChecksumHasToLieWithinTheFrame() {
        assertThat(wanted(1, 0, 0, 34, 16, 52)).isEqualTo(Offloads.CHECKSUM);
        assertThat(wanted(1, 0, 0, 34, 16, 51)).isEqualTo(-1);
        assertThat(wanted(1, 0, 0, 65535, 65535, 65535)).isEqualTo(-1);
    }

    @Test
    void segmentsNeedASizeAndAChecksum() {
        assertThat(wanted(1, 1, 1448, 34, 16, 9000)).isEqualTo(Offloads.CHECKSUM | Offloads.TCP4_SEGMENTS);
        assertThat(wanted(1, 4, 1428, 54, 16, 9000)).isEqualTo(Offloads.CHECKSUM | Offloads.TCP6_SEGMENTS);
        assertThat(wanted(1, 0x81, 1448, 34, 16, 9000)).isEqualTo(Offloads.CHECKSUM | Offloads.TCP4_SEGMENTS | Offloads.ECN);
        assertThat(wanted(1, 1, 0, 34, 16, 9000)).isEqualTo(-1);
        assertThat(wanted(0, 1, 1448, 34, 16, 9000)).isEqualTo(-1);
        assertThat(wanted(1, 3, 1448, 34, 16, 9000)).as("UFO was not offered").isEqualTo(-1);
        assertThat(wanted(1, 0x7f, 1448, 34, 16, 9000)).isEqualTo(-1);
    }
}
