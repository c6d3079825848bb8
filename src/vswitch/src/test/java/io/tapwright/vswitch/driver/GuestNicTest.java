package io.tapwright.vswitch.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.vswitch.driver.GuestNic.Layout;
import io.tapwright.vswitch.memory.Memory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GuestNicTest {

    private static final int SIZE = 64;
    private static final byte[] FRAME = new byte[60];

    private static GuestNic nic(Layout layout) {
        return new GuestNic(GuestNic.USUAL, SIZE, 2048, layout);
    }

    /** As a device does it. */
    private static void giveBack(GuestNic nic, int... heads) {
        for (int i = 0; i < heads.length; i++) {
            Memory.putInt(nic.ram.at(nic.tx.used + 4 + 8L * i, 4), heads[i]);
        }
        Memory.putShort(nic.ram.at(nic.tx.used + 2, 2), heads.length);
    }

    @Test
    void aHeadThatItNeverHadIsAFault() {
        try (GuestNic nic = nic(Layout.DIRECT)) {
            giveBack(nic, SIZE + 5);
            assertThatThrownBy(() -> nic.post(FRAME)).isInstanceOf(IllegalStateException.class).hasMessageContaining("head 69");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whereItMayBeOneNothingIsPostedThere(Layout layout) {
        try (GuestNic nic = nic(layout)) {
            int posted = 0;
            while (nic.post(FRAME)) {
                posted++;
            }
            giveBack(nic, SIZE + 5, 0, -1, SIZE, 2048, 3);
            List<Integer> strangers = new ArrayList<>();
            nic.reclaim(strangers::add);
            assertThat(strangers).containsExactly(SIZE + 5, -1, SIZE, 2048);
            assertThat(posted).isEqualTo(layout == Layout.CHAINED ? SIZE / 3 : SIZE);
            assertThat(nic.post(FRAME)).isTrue();
            assertThat(nic.post(FRAME)).isTrue();
            assertThat(nic.post(FRAME)).isFalse();
        }
    }
}
