package io.tapwright.vswitch.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
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
        frame.destination = 0x010000005452L;
        frame.source = 0x020000005452L;
        return Flow.of(batch, frame);
    }
}
