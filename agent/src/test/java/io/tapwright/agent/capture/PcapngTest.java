package io.tapwright.agent.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tapwright.model.capture.Direction;
import io.tapwright.testkit.capture.PcapngFile;
import io.tapwright.testkit.lab.Command;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class PcapngTest {

    private static final long TIME = 1_700_000_000_123_456_789L;

    /** An ICMP echo request from 10.0.0.1 to 10.0.0.2, 42 bytes. */
    private static final byte[] PING = HexFormat.of().parseHex("020000000002020000000001080045000 01c000100004001".replace(" ", "")
            + "66de0a0000010a0000020800f7fd00010001");

    private static Buffer begun() {
        Buffer buffer = Buffer.buffer();
        new Pcapng(buffer).begin("tapwright 1", "tap0", "web NIC 52:54:00:12:34:56", 262144);
        return buffer;
    }

    @Test
    void theBytesAreThoseOfTheSpecification() {
        Buffer buffer = Buffer.buffer();
        new Pcapng(buffer).begin("tw", "t", "d", 96);
        new Pcapng(buffer).frame(0x0123_4567_89ab_cdefL, Direction.TO_VM, 1514, ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5}));
        assertThat(HexFormat.of().formatHex(buffer.getBytes())).isEqualTo(
                // Section header: type, length 40, magic, 1.0, length unknown; shb_userappl "tw"; end; length.
                "0a0d0d0a" + "28000000" + "4d3c2b1a" + "01000000" + "ffffffffffffffff" + "04000200" + "74770000" + "00000000" + "28000000"
                // Interface: type, length 48, Ethernet, snap length 96; if_name "t"; if_description "d"; if_tsresol 9; end; length.
                + "01000000" + "30000000" + "01000000" + "60000000" + "02000100" + "74000000" + "03000100" + "64000000"
                + "09000100" + "09000000" + "00000000" + "30000000"
                // Packet: type, length 52, interface 0, upper and lower half of the time, captured, original; bytes; inbound; end; length.
                + "06000000" + "34000000" + "00000000" + "67452301" + "efcdab89" + "05000000" + "ea050000" + "0102030405000000"
                + "02000400" + "01000000" + "00000000" + "34000000");
    }

    @Test
    void whatIsWrittenIsRead() {
        Buffer buffer = begun();
        Pcapng blocks = new Pcapng(buffer);
        for (int length = 0; length < 9; length++) {
            blocks.frame(TIME + length, length % 2 == 0 ? Direction.TO_VM : Direction.FROM_VM, 100 + length,
                    ByteBuffer.wrap(new byte[length]));
        }
        blocks.statistics(TIME, TIME + 9, 20, 11, "over and out");
        PcapngFile file = PcapngFile.parse(buffer.getBytes());
        assertThat(file.application()).isEqualTo("tapwright 1");
        assertThat(file.name()).isEqualTo("tap0");
        assertThat(file.description()).isEqualTo("web NIC 52:54:00:12:34:56");
        assertThat(file.snapLength()).isEqualTo(262144);
        assertThat(file.packets()).hasSize(9);
        for (int length = 0; length < 9; length++) {
            PcapngFile.Packet packet = file.packets().get(length);
            assertThat(packet.bytes()).hasSize(length);
            assertThat(packet.length()).isEqualTo(100 + length);
            assertThat(packet.epochNanos()).isEqualTo(TIME + length);
            assertThat(packet.inbound()).isEqualTo(length % 2 == 0);
        }
        assertThat(file.statistics()).containsExactly(new PcapngFile.Statistics(20, 11, "over and out"));
    }

    @Test
    void tcpdumpReadsIt() throws Exception {
        assumeTrue(List.of("/usr/bin/tcpdump", "/usr/sbin/tcpdump").stream().anyMatch(p -> Files.isExecutable(Path.of(p))), "needs tcpdump");
        Buffer buffer = begun();
        Pcapng blocks = new Pcapng(buffer);
        blocks.frame(TIME, Direction.FROM_VM, PING.length, ByteBuffer.wrap(PING));
        blocks.statistics(TIME, TIME, 1, 0, "");
        blocks.frame(TIME + 1, Direction.TO_VM, PING.length, ByteBuffer.wrap(PING, 0, 20));
        Command.Result read = Command.run(Duration.ofSeconds(20), buffer.getBytes(),
                List.of("tcpdump", "-nn", "-tt", "--time-stamp-precision=nano", "-r", "-"));
        assertThat(read.orThrow().lines()).hasSize(2);
        assertThat(read.out()).contains("1700000000.123456789 IP 10.0.0.1 > 10.0.0.2: ICMP echo request").contains("1700000000.123456790");
        assertThat(read.err()).contains("link-type EN10MB");
    }
}
