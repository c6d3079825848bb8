package io.tapwright.vswitch.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.vswitch.memory.GuestMemory.Region;
import io.tapwright.vswitch.posix.Mapping;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Translation alone: nothing is read or written, so that the mappings need not be any. */
class GuestMemoryTest {

    private static final long HERE = 0x10_0000_0000L;
    private static final Mapping MAPPING = new Mapping(HERE, 0x10_0000, 0);

    private static GuestMemory memory(Region... regions) {
        return new GuestMemory(List.of(regions));
    }

    @Test
    void anAddressLiesAsFarIntoTheMappingAsIntoTheRegion() {
        GuestMemory memory = memory(new Region(0x1000, 0x7000_0000, 0x2000, MAPPING, 0x100));
        assertThat(memory.translate(0x1000, 1)).isEqualTo(HERE + 0x100);
        assertThat(memory.translate(0x1234, 8)).isEqualTo(HERE + 0x100 + 0x234);
        assertThat(memory.translateUser(0x7000_0010, 4)).isEqualTo(HERE + 0x110);
        assertThat(memory.guestAddressOf(HERE + 0x110)).isEqualTo(0x1010);
    }

    @Test
    void aRangeThatBeginsOrEndsOutsideIsNowhere() {
        GuestMemory memory = memory(new Region(0x1000, 0x7000_0000, 0x2000, MAPPING, 0));
        assertThat(memory.translate(0xfff, 1)).isEqualTo(GuestMemory.NOWHERE);
        assertThat(memory.translate(0x2fff, 1)).isNotEqualTo(GuestMemory.NOWHERE);
        assertThat(memory.translate(0x2fff, 2)).isEqualTo(GuestMemory.NOWHERE);
        assertThat(memory.translate(0x3000, 0)).as("an empty range at the end").isNotEqualTo(GuestMemory.NOWHERE);
        assertThat(memory.translate(0x3000, 1)).isEqualTo(GuestMemory.NOWHERE);
        assertThat(memory.translate(0x1000, 0x2001)).isEqualTo(GuestMemory.NOWHERE);
        assertThat(memory.translate(0x1000, Long.MAX_VALUE)).isEqualTo(GuestMemory.NOWHERE);
    }

    @Test
    void addressesThatWrapAroundAreNowhere() {
        GuestMemory memory = memory(new Region(0x1000, 0x7000_0000, 0x2000, MAPPING, 0));
        for (long address : new long[] {-1, -0x1000, Long.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE + 0x1000, Long.MAX_VALUE + 0x1001}) {
            assertThat(memory.translate(address, 1)).as(Long.toHexString(address)).isEqualTo(GuestMemory.NOWHERE);
            assertThat(memory.translate(address, Integer.MAX_VALUE)).isEqualTo(GuestMemory.NOWHERE);
            assertThat(memory.rangeOf(address, 1)).isEqualTo(GuestMemory.Range.NONE);
        }
    }

    @Test
    void aRegionUpToTheEndOfAllAddressesStaysWithinItsMapping() {
        GuestMemory memory = memory(new Region(-0x1000, 0, 0x2000, MAPPING, 0));
        for (long address : new long[] {-0x1000, -1, 0, 0xfff}) {
            long at = memory.translate(address, 1);
            assertThat(at).isBetween(HERE, HERE + 0x1fff);
        }
        assertThat(memory.translate(0x1000, 1)).isEqualTo(GuestMemory.NOWHERE);
    }

    @Test
    void aRangeAcrossTwoAdjacentRegionsIsContiguousInNone() {
        GuestMemory memory = memory(new Region(0x1000, 0x7000_0000, 0x1000, MAPPING, 0),
                new Region(0x2000, 0x7000_1000, 0x1000, MAPPING, 0x8000));
        assertThat(memory.translate(0x1ff0, 0x10)).isEqualTo(HERE + 0xff0);
        assertThat(memory.translate(0x1ff0, 0x11)).isEqualTo(GuestMemory.NOWHERE);
        assertThat(memory.rangeOf(0x1ff0, 1).left(0x1ff0)).isEqualTo(0x10);
        assertThat(memory.rangeOf(0x2000, 1).left(0x2000)).isEqualTo(0x1000);
        assertThat(memory.translate(0x2000, 0x10)).isEqualTo(HERE + 0x8000);
        assertThat(memory.rangeOf(0x3000, 1)).isEqualTo(GuestMemory.Range.NONE);
    }

    @Test
    void aRegionThatDoesNotFitIntoItsMappingIsRefused() {
        assertThatThrownBy(() -> new Region(0, 0, 0x10_0001, MAPPING, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Region(0, 0, 1, MAPPING, 0x10_0000)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Region(0, 0, 0, MAPPING, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Region(0, 0, -1, MAPPING, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Region(0, 0, 1, MAPPING, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Region(0, 0, Long.MAX_VALUE, MAPPING, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anAddressOfThisProcessThatLiesInNoRegionIsAFault() {
        GuestMemory memory = memory(new Region(0x1000, 0, 0x1000, MAPPING, 0));
        assertThatThrownBy(() -> memory.guestAddressOf(HERE + 0x1000)).isInstanceOf(IllegalArgumentException.class);
        assertThat(GuestMemory.NONE.translate(0, 0)).isEqualTo(GuestMemory.NOWHERE);
    }
}
