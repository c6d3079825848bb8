package io.tapwright.vswitch.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.vswitch.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlowTest {

    private static final String MACS = "525400000001" + "525400000002";
    /** Up to the ports: addresses 10.0.0.1 to 10.0.0.2, TCP. */
    private static final String TCP4 = MACS + "0800" + "45000040" + "12344000" + "40060000" + "0a000001" + "0a000002";
    private static final String TCP6 = MACS + "86dd" + "60000000" + "00200640" + "fd000000000000000000000000000001"
            + "fd000000000000000000000000000002";
    private static final String REST = "00000001" + "00000002" + "50100000" + "00000000";

    private final Arena arena = Arena.ofConfined();
    private final FrameBatch batch = new FrameBatch();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void framesOfOneConversationHaveOneNumber() {
        assertThat(flow(TCP4 + "1f90c001" + REST)).isEqualTo(flow(TCP4.replace("1234", "9999") + "1f90c001" + REST)).isNotNegative();
        assertThat(flow(TCP6 + "1f90c001" + REST)).isEqualTo(flow(TCP6.replace("0640", "0601") + "1f90c001" + REST)).isNotNegative();
    }

    @Test
    void manyConversationsSpreadOverAllQueues() {
        for (String headers : new String[] {TCP4, TCP6}) {
            long[] queues = new long[4];
            IntStream.range(0, 400).forEach(port -> queues[flow(headers + "1f90%04x".formatted(40000 + port) + REST) % 4]++);
            assertThat(Arrays.stream(queues).min().orElseThrow()).isGreaterThan(50);
        }
    }

    @Test
    void whatHasNoPortsSpreadsOverAllQueuesToo() {
        String icmp4 = MACS + "0800" + "45000054" + "00004000" + "40010000";
        String icmp6 = MACS + "86dd" + "60000000" + "00203a40";
        assertFair("IPv4 from a network", i -> flow(icmp4 + "0a00%04x".formatted(256 * (i / 250) + 1 + i % 250) + "0a000001" + REST));
        assertFair("IPv4 to a network", i -> flow(icmp4 + "0a000001" + "0a00%04x".formatted(256 * (i / 250) + 1 + i % 250) + REST));
        assertFair("IPv4 from host to host", i -> flow(icmp4 + "0a0000%02x".formatted(i % 32) + "0a0000%02x".formatted(i / 32) + REST));
        assertFair("IPv6 from a network", i -> flow(icmp6 + "fd00%028x".formatted(i + 1) + "fd000000000000000000000000000001" + REST));
        assertFair("IPv6 to a network", i -> flow(icmp6 + "fd000000000000000000000000000001" + "fd00%028x".formatted(i + 1) + REST));
        assertFair("from MAC addresses", i -> flow("%012x".formatted(0x5254_0000_0000L + i) + "525400000001" + "88b5" + REST));
        assertFair("from bridges' MAC addresses", i -> flow("525400000001" + "5254%02x000000".formatted(i % 256) + "88b5" + REST), 256);
    }

    private static void assertFair(String what, IntUnaryOperator flowOf) {
        assertFair(what, flowOf, 1000);
    }

    /** Every queue has at least a half of its share. */
    private static void assertFair(String what, IntUnaryOperator flowOf, int conversations) {
        for (int queues : new int[] {2, 3, 4, 8}) {
            long[] share = new long[queues];
            IntStream.range(0, conversations).forEach(i -> share[flowOf.applyAsInt(i) % queues]++);
            assertThat(Arrays.stream(share).min().orElseThrow()).as(what + " to " + queues + ": " + Arrays.toString(share))
                    .isGreaterThan(conversations / queues / 2);
        }
    }

    @Test
    void fragmentsOfAPacketStayTogetherWhateverIsWherePortsWouldBe() {
        String first = TCP4.replace("12344000", "12342000");
        String second = TCP4.replace("12344000", "123420b9");
        assertThat(flow(first + "1f90c001" + REST)).isEqualTo(flow(second + "deadbeef" + REST));
    }

    @Test
    void whatIsNotIpOrTooShortGoesByItsMacAddresses() {
        assertThat(flow(MACS + "0806" + REST)).isEqualTo(flow(MACS + "0806" + REST + REST));
        assertThat(flow(MACS + "0800" + "45")).isEqualTo(flow(MACS + "0806" + REST));
    }

    private int flow(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        MemorySegment memory = arena.allocate(bytes.length);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, 0, bytes.length);
        Frame frame = new Frame();
        frame.address = memory.address();
        frame.length = bytes.length;
        frame.parts = 1;
        frame.destination = Memory.getLong(frame.address) & 0xffff_ffff_ffffL;
        frame.source = Memory.getLong(frame.address + 4) >>> 16;
        return Flow.of(batch, frame);
    }
}
