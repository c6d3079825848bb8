package io.tapwright.vswitch.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.vswitch.frame.FrameBatch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForwarderRoutesTest {

    private static final long BROADCAST = 0xffff_ffff_ffffL;
    private static final long MULTICAST = 0x0100_005e_0001L;

    private final Segment segment = new Segment("lan");
    private final Forwarder forwarder = new Forwarder();
    private final SenderDrops drops = new SenderDrops();
    private final FrameBatch batch = new FrameBatch();
    private final List<Recorder> ports = new ArrayList<>();

    /** Notes which of the batch's frames it was sent. */
    private static final class Recorder implements Port {
        final List<Integer> sent = new ArrayList<>();

        @Override
        public void send(FrameBatch batch, int[] picks, int count) {
            for (int i = 0; i < count; i++) {
                sent.add(batch.frames[picks[i]].head);
            }
        }

        @Override
        public int offloads() {
            return 0;
        }
    }

    private Recorder port() {
        Recorder port = new Recorder();
        segment.add(port);
        ports.add(port);
        return port;
    }

    /** With the first octet highest, as people write it. */
    private static long wire(long mac) {
        return Long.reverseBytes(mac) >>> 16;
    }

    private void frame(long destination, long source) {
        var frame = batch.frames[batch.count];
        frame.head = batch.count;
        frame.parts = 1;
        frame.length = 64;
        frame.offload = 0;
        frame.destination = wire(destination);
        frame.source = wire(source);
        batch.count++;
    }

    private void forward(int from) {
        forwarder.forward(segment, from, 0, drops, batch, 1);
        batch.clear();
    }

    @Test
    void whatNobodyHasHeardOfGoesToAllButTheSender() {
        Recorder a = port();
        Recorder b = port();
        Recorder c = port();
        frame(0x0200_0000_0009L, 0x0200_0000_0001L);
        frame(BROADCAST, 0x0200_0000_0001L);
        frame(MULTICAST, 0x0200_0000_0001L);
        forward(0);
        assertThat(a.sent).isEmpty();
        assertThat(b.sent).containsExactly(0, 1, 2);
        assertThat(c.sent).containsExactly(0, 1, 2);
    }

    @Test
    void whoHasSentIsFoundByTheOthersAlone() {
        Recorder a = port();
        Recorder b = port();
        Recorder c = port();
        frame(BROADCAST, 0x0200_0000_0001L);
        forward(0);
        b.sent.clear();
        c.sent.clear();
        frame(0x0200_0000_0001L, 0x0200_0000_0002L);
        forward(1);
        assertThat(a.sent).containsExactly(0);
        assertThat(c.sent).isEmpty();
    }

    @Test
    void aFrameDoesNotGoBackToWhereItCameFrom() {
        Recorder a = port();
        Recorder b = port();
        frame(BROADCAST, 0x0200_0000_0001L);
        forward(0);
        b.sent.clear();
        frame(0x0200_0000_0001L, 0x0200_0000_0003L);
        forward(0);
        assertThat(a.sent).isEmpty();
        assertThat(b.sent).isEmpty();
        assertThat(drops).returns(1L, SenderDrops::hairpin).returns(0L, SenderDrops::linkLocal).returns(0L, SenderDrops::invalid);
    }

    @Test
    void framesWithTheSameAddressesKeepTheirOrderWhateverGoesBetween() {
        port();
        Recorder b = port();
        Recorder c = port();
        segment.addresses().fix(wire(0x0200_0000_0002L), 1);
        segment.addresses().fix(wire(0x0200_0000_0003L), 2);
        for (int i = 0; i < 60; i++) {
            frame(switch (i % 4) {
                case 0 -> 0x0200_0000_0002L;
                case 1 -> BROADCAST;
                case 2 -> 0x0200_0000_0003L;
                default -> 0x0200_0000_0099L;
            }, 0x0200_0000_0001L);
        }
        forward(0);
        for (int kind = 0; kind < 4; kind++) {
            int rest = kind;
            if (kind != 2) {
                assertThat(b.sent.stream().filter(i -> i % 4 == rest).toList()).isSorted().hasSize(15);
            }
            if (kind != 0) {
                assertThat(c.sent.stream().filter(i -> i % 4 == rest).toList()).isSorted().hasSize(15);
            }
        }
        assertThat(b.sent).hasSize(45);
        assertThat(c.sent).hasSize(45);
    }

    @Test
    void linkLocalFramesStayWhereTheyAreButForSpanningTrees() {
        port();
        Recorder b = port();
        for (int last = 0; last < 16; last++) {
            frame(0x0180_c200_0000L + last, 0x0200_0000_0001L);
        }
        frame(0x0180_c200_0010L, 0x0200_0000_0001L);
        forward(0);
        assertThat(b.sent).containsExactly(0, 16);
        assertThat(drops).returns(15L, SenderDrops::linkLocal).returns(0L, SenderDrops::hairpin).returns(0L, SenderDrops::invalid);
    }

    @Test
    void aSourceThatIsNoStationsIsDroppedAndNotLearned() {
        port();
        Recorder b = port();
        frame(BROADCAST, 0);
        frame(BROADCAST, BROADCAST);
        frame(BROADCAST, MULTICAST);
        frame(BROADCAST, 0);
        frame(BROADCAST, 0x0200_0000_0001L);
        frame(BROADCAST, 0);
        forward(0);
        assertThat(b.sent).containsExactly(4);
        assertThat(segment.addresses().size()).isEqualTo(1);
        assertThat(segment.addresses().portOf(0)).isEqualTo(MacTable.UNKNOWN);
        assertThat(drops.invalid()).isEqualTo(5);
    }

    @Test
    void anAddressOfAPortThatIsGoneIsNobodys() {
        port();
        port();
        Recorder c = port();
        segment.addresses().fix(wire(0x0200_0000_0002L), 1);
        segment.remove(1);
        frame(0x0200_0000_0002L, 0x0200_0000_0001L);
        forward(0);
        assertThat(c.sent).as("flooded, for it is unknown now").containsExactly(0);
    }

    @Test
    void aFreeNumberIsGivenToTheNextPort() {
        port();
        port();
        port();
        segment.remove(1);
        assertThat(segment.add(new Recorder())).isEqualTo(1);
        assertThat(segment.add(new Recorder())).isEqualTo(3);
    }
}
