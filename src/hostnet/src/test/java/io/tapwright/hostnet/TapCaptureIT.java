package io.tapwright.hostnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.hostnet.posix.TapEnd;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.capture.CaptureException;
import io.tapwright.model.capture.CaptureSource;
import io.tapwright.model.capture.Direction;
import io.tapwright.testkit.net.InNetworkNamespace;
import io.tapwright.testkit.net.NetworkNamespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What somebody who captures a tap sees of what its VM and the host send each other. */
@ExtendWith(InNetworkNamespace.class)
class TapCaptureIT {

    private static final InterfaceName TAP = new InterfaceName("vm0");
    private static final Duration SHORT = Duration.ofMillis(100);
    private static final int WHOLE = 262144;
    private static final byte[] PLAIN = new byte[TapEnd.HEADER];

    private TapEnd vm;

    private record Seen(long time, Direction direction, int length, byte[] bytes) {
    }

    @BeforeEach
    void up(NetworkNamespace namespace) {
        vm = TapEnd.open(TAP.text());
        namespace.execute("sh", "-ec", "echo 1 >/proc/sys/net/ipv6/conf/vm0/disable_ipv6; ip addr add 10.0.0.1/24 dev vm0;"
                + " ip link set vm0 up; ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev vm0");
    }

    @AfterEach
    void down() {
        vm.close();
    }

    private static List<Seen> seen(CaptureSource capture) {
        List<Seen> all = new ArrayList<>();
        boolean more = true;
        while (more) {
            more = capture.read((time, direction, length, bytes) -> {
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                all.add(new Seen(time, direction, length, copy));
            }, SHORT);
        }
        return all;
    }

    /** Of a protocol for experiments (IEEE 802, 0x88b5). */
    private static byte[] frame(int length, int number) {
        byte[] frame = new byte[length];
        for (int i = 14; i < length; i++) {
            frame[i] = (byte) (i * 7 + number);
        }
        ByteBuffer.wrap(frame).putInt(0x02000000).putShort((short) 1).putInt(0x02000000).putShort((short) 2)
                .putShort((short) 0x88b5).putInt(number);
        return frame;
    }

    private static void sendToVm(int bytes) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(new byte[bytes], bytes, InetAddress.getByName("10.0.0.2"), 9));
        }
    }

    private static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    @Test
    void framesBothWaysAreSeenInTheirOrderAndWhole() throws IOException {
        try (CaptureSource capture = TapCapture.open(TAP, WHOLE)) {
            long before = now();
            for (int i = 0; i < 20; i++) {
                vm.send(PLAIN, frame(60 + i, i));
                sendToVm(100 + i);
            }
            List<Seen> all = seen(capture);
            assertThat(all).hasSize(40);
            for (int i = 0; i < 20; i++) {
                Seen sent = all.get(2 * i);
                assertThat(sent.direction).isEqualTo(Direction.FROM_VM);
                assertThat(sent.bytes).isEqualTo(frame(60 + i, i));
                assertThat(sent.length).isEqualTo(60 + i);
                Seen received = all.get(2 * i + 1);
                assertThat(received.direction).isEqualTo(Direction.TO_VM);
                assertThat(received.length).isEqualTo(14 + 20 + 8 + 100 + i);
                assertThat(received.bytes).startsWith(2, 0, 0, 0, 0, 2);
            }
            // In no order for certain: the kernel begins to stamp frames as they come in a moment after the first socket wants
            // it (net_enable_timestamp in net/core/dev.c), and gives those before it the time at which they were read.
            assertThat(all).extracting(Seen::time).allSatisfy(time -> assertThat(time).isBetween(before, now()));
            assertThat(capture.frames()).isEqualTo(40);
            assertThat(capture.drops()).isZero();
        }
    }

    @Test
    void aTaggedFrameHasItsTag() {
        try (CaptureSource capture = TapCapture.open(TAP, WHOLE); CaptureSource cut = TapCapture.open(TAP, 32)) {
            byte[] frame = frame(100, 0);
            ByteBuffer.wrap(frame).putInt(12, 0x81000007).putShort(16, (short) 0x88b5);
            vm.send(PLAIN, frame);
            assertThat(seen(capture)).singleElement().satisfies(seen -> {
                assertThat(seen.bytes).isEqualTo(frame);
                assertThat(seen.length).isEqualTo(100);
            });
            assertThat(seen(cut)).singleElement().satisfies(seen -> {
                assertThat(seen.bytes).isEqualTo(Arrays.copyOf(frame, 32));
                assertThat(seen.length).isEqualTo(100);
            });
        }
    }

    @Test
    void aSegmentOf60KilobytesIsSeenWholeOrCut() {
        try (CaptureSource capture = TapCapture.open(TAP, WHOLE); CaptureSource cut = TapCapture.open(TAP, 128)) {
            byte[] frame = new byte[54 + 60_000];
            ByteBuffer.wrap(frame).putInt(0x02000000).putShort((short) 1).putInt(0x02000000).putShort((short) 2).putShort((short) 0x0800)
                    // IPv4, 20 bytes, no fragments, TCP; 10.0.0.2 to 10.0.0.9.
                    .put((byte) 0x45).put((byte) 0).putShort((short) 60_040).putInt(0).put((byte) 64).put((byte) 6).putShort((short) 0)
                    .putInt(0x0a000002).putInt(0x0a000009)
                    // TCP: ports, sequence, acknowledgement, 20 bytes, ACK.
                    .putShort((short) 5001).putShort((short) 5002).putInt(1).putInt(1).putShort((short) 0x5010);
            byte[] header = {1, 1, 54, 0, (byte) 0xa8, 5, 34, 0, 16, 0};
            vm.send(header, frame);
            assertThat(seen(capture)).singleElement().satisfies(seen -> assertThat(seen.bytes).hasSize(frame.length));
            assertThat(seen(cut)).singleElement().satisfies(seen -> {
                assertThat(seen.bytes).isEqualTo(Arrays.copyOf(frame, 128));
                assertThat(seen.length).isEqualTo(frame.length);
            });
        }
    }

    @Test
    void whoDoesNotReadLosesFramesAndTheHostDoesNot() throws IOException {
        try (CaptureSource capture = TapCapture.open(TAP, WHOLE)) {
            int frames = 30_000;
            long before = received();
            for (int i = 0; i < frames; i++) {
                vm.send(PLAIN, frame(1400, i));
            }
            assertThat(received() - before).isEqualTo(frames);
            List<Seen> all = seen(capture);
            assertThat(all.size()).isBetween(500, frames - 1);
            assertThat(capture.frames()).isEqualTo(frames);
            assertThat(all.size() + capture.drops()).isEqualTo(frames);
            assertThat(all.getLast().bytes).isEqualTo(frame(1400, all.size() - 1));
        }
    }

    /** What the kernel has taken from the VM. */
    private static long received() throws IOException {
        return Files.readAllLines(Path.of("/proc/thread-self/net/dev")).stream().filter(line -> line.strip().startsWith("vm0:"))
                .mapToLong(line -> Long.parseLong(line.strip().split("[: ]+")[2])).findFirst().orElseThrow();
    }

    @Test
    void aTapThatIsDownForAWhileIsSeenAgainAndOneThatGoesEndsIt(NetworkNamespace namespace) {
        try (CaptureSource capture = TapCapture.open(TAP, WHOLE)) {
            namespace.execute("ip", "link", "set", "vm0", "down");
            assertThat(seen(capture)).isEmpty();
            namespace.execute("ip", "link", "set", "vm0", "up");
            vm.send(PLAIN, frame(60, 1));
            assertThat(seen(capture)).extracting(s -> s.bytes).containsExactly(frame(60, 1));
            vm.close();
            assertThatThrownBy(() -> {
                for (int i = 0; i < 50; i++) {
                    seen(capture);
                }
            }).isInstanceOf(CaptureException.class).hasMessage("tap vm0 is gone");
        }
    }

    @Test
    void whatIsNotThereIsRefusedAndSoIsWhoMayNot(NetworkNamespace namespace) {
        assertThatThrownBy(() -> TapCapture.open(new InterfaceName("vm1"), WHOLE)).isInstanceOf(CaptureException.class)
                .hasMessageContaining("capture tap vm1: ENODEV");
        assertThatThrownBy(() -> namespace.execute("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), Refused.class.getName()))
                .hasMessageContaining("capture tap vm0: EPERM").hasMessageContaining("CAP_NET_RAW");
    }

    /** Captures without the power to. */
    static final class Refused {
        public static void main(String[] args) {
            TapCapture.open(TAP, WHOLE).close();
        }
    }

    @Test
    void aThousandLeaveNothingBehind() throws IOException {
        long before = 0;
        for (int round = 0; round < 1000; round++) {
            try (CaptureSource capture = TapCapture.open(TAP, 4096)) {
                vm.send(PLAIN, frame(60, round));
                assertThat(capture.read((time, direction, length, bytes) -> { }, SHORT)).isTrue();
            }
            if (round == 10) {
                before = fds();
            }
        }
        assertThat(fds()).isLessThanOrEqualTo(before);
    }

    private static long fds() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }
}
