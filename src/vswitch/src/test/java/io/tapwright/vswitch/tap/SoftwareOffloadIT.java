package io.tapwright.vswitch.tap;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.testkit.net.InNetworkNamespace;
import io.tapwright.testkit.net.NetworkNamespace;
import io.tapwright.vswitch.forward.Port;
import io.tapwright.vswitch.forward.PortCounters;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.forward.Worker;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.posix.Fd;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What the kernel says of segments and checksums that were made here: each of two taps is told of frames by way of a port
 * that agrees to no offload, so that nothing comes to it as it was sent.
 */
@ExtendWith(InNetworkNamespace.class)
class SoftwareOffloadIT {

    private static final long BYTES = 50 << 20;

    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Worker worker = new Worker("worker", 50_000, () -> { }, failures::add);
    private NetworkNamespace here;
    private NetworkNamespace there;
    private TapPort left;
    private TapPort right;
    private Fd leftTap;
    private Fd rightTap;

    /** A port to a tap in another network, for those who can do nothing themselves. */
    private record Plain(TapPort tap) implements Port {
        @Override
        public void send(FrameBatch batch, int[] picks, int count) {
            for (int i = 0; i < count; i++) {
                if (batch.frames[picks[i]].offload != 0) {
                    throw new AssertionError("a frame is left with " + Long.toHexString(batch.frames[picks[i]].offload));
                }
            }
            tap.send(batch, picks, count);
        }

        @Override
        public int offloads() {
            return 0;
        }
    }

    @BeforeEach
    void twoTaps(NetworkNamespace namespace) {
        here = namespace;
        there = NetworkNamespace.open();
        Segment fromLeft = new Segment("from left");
        Segment fromRight = new Segment("from right");
        left = new TapPort(fromLeft, () -> { });
        right = new TapPort(fromRight, () -> { });
        fromLeft.add(new Plain(right));
        fromRight.add(new Plain(left));
        leftTap = open(left, "left");
        rightTap = open(right, "right");
        here.execute("ip", "link", "set", "left", "netns", there.path().toString());
        configure(there, "left", "1");
        configure(here, "right", "2");
        worker.start();
    }

    private Fd open(TapPort port, String name) {
        here.execute("ip", "tuntap", "add", "dev", name, "mode", "tap", "vnet_hdr");
        Fd tap = TapDevice.open(new InterfaceName(name));
        port.attach(tap);
        worker.add(port, tap);
        return tap;
    }

    private static void configure(NetworkNamespace namespace, String device, String number) {
        namespace.execute("ip", "link", "set", device, "address", "02:00:00:00:00:0" + number);
        namespace.execute("ip", "address", "add", "10.9.0." + number + "/24", "dev", device);
        namespace.execute("ip", "address", "add", "fd00::" + number + "/64", "dev", device, "nodad");
        namespace.execute("ip", "link", "set", device, "up");
    }

    @AfterEach
    void close() {
        worker.remove(left);
        worker.remove(right);
        worker.close();
        left.detach();
        right.detach();
        leftTap.close();
        rightTap.close();
        there.close();
        assertThat(failures).isEmpty();
    }

    private void transferIsCut(String address) throws Exception {
        Transfer transfer = Transfer.of(there, here, address, BYTES);

        assertThat(transfer.received()).isEqualTo(transfer.sent());
        PortCounters in = left.counters();
        PortCounters out = right.counters();
        System.out.printf("%d MiB cut into segments in %d ms: %d frames in, %d out, %d dropped%n", BYTES >> 20,
                transfer.nanos() / 1_000_000, in.framesIn(), out.framesOut(), out.dropsFull());
        assertThat(in.bytesIn() / in.framesIn()).isGreaterThan(5_000);
        assertThat(out.bytesOut() / out.framesOut()).isLessThanOrEqualTo(1514);
        assertThat(in.dropsInvalid() + out.dropsInvalid()).isZero();
        // Nothing was sent twice to speak of: no checksum was wrong.
        assertThat(out.bytesOut()).isLessThan(BYTES + BYTES / 8);
        assertThat(here.execute("cat", "/proc/net/snmp").lines().filter(line -> line.startsWith("Tcp:")).skip(1).findFirst().orElseThrow())
                .as("InCsumErrors").endsWith(" 0");
    }

    @Test
    void theKernelTakesSegmentsOfIpv4() throws Exception {
        transferIsCut("10.9.0.2");
    }

    @Test
    void theKernelTakesSegmentsOfIpv6() throws Exception {
        transferIsCut("fd00::2");
    }

    @Test
    void theWorkerAllocatesNothingForFrames() throws Exception {
        assertThat(Allocation.whenWarm("worker", () -> Transfer.of(there, here, "10.9.0.2", BYTES)))
                .isLessThanOrEqualTo(Allocation.NOTHING_FOR_FRAMES);
    }

    @Test
    void theKernelTakesChecksumsOfOtherProtocols() {
        // ICMPv6 has one over a pseudo header; a large one comes in fragments, without any left to do.
        there.execute("ping", "-c", "2", "-w", "5", "-q", "fd00::2");
        there.execute("ping", "-c", "2", "-w", "5", "-q", "-s", "4000", "10.9.0.2");
    }
}
