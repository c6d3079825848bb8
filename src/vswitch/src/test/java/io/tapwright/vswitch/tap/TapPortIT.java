package io.tapwright.vswitch.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Errno;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.PortCounters;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.net.InNetworkNamespace;
import io.tapwright.testkit.net.NetworkNamespace;
import io.tapwright.vswitch.SwitchSettings;
import io.tapwright.vswitch.VirtualSwitch;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.SystemCallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The switch between two taps: {@code left} is moved into a network namespace of its own once it is open, {@code right}
 * stays in the switch's.
 */
@ExtendWith(InNetworkNamespace.class)
class TapPortIT {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String LEFT = "10.9.0.1";
    private static final String RIGHT = "10.9.0.2";
    private static final long HUNDRED_MEGABYTES = 100 << 20;

    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private NetworkNamespace here;
    private NetworkNamespace there;
    private VirtualSwitch virtualSwitch;
    private long descriptors;

    @BeforeEach
    void twoTaps(NetworkNamespace namespace) throws IOException {
        here = namespace;
        there = NetworkNamespace.open();
        descriptors = tunDescriptors();
        make("left");
        make("right");
        virtualSwitch = new VirtualSwitch(
                new SwitchSettings(Path.of("/nowhere"), 1, Duration.ofNanos(50_000), Duration.ofSeconds(300)), () -> { }, failures::add,
                (thread, fault) -> failures.add(fault));
        // Its threads are in this thread's namespace.
        virtualSwitch.start();
        virtualSwitch.apply(desired("left", "right"));
        here.execute("ip", "link", "set", "left", "netns", there.path().toString());
        there.execute("ip", "link", "set", "left", "address", "02:00:00:00:00:01");
        there.execute("ip", "address", "add", LEFT + "/24", "dev", "left");
        there.execute("ip", "link", "set", "left", "up");
        raise("right");
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        virtualSwitch.close();
        there.close();
        assertThat(failures).isEmpty();
        assertThat(tunDescriptors()).isEqualTo(descriptors);
    }

    private void make(String name) {
        here.execute("ip", "tuntap", "add", "dev", name, "mode", "tap", "vnet_hdr");
    }

    private void raise(String name) {
        here.execute("ip", "link", "set", name, "address", "02:00:00:00:00:02");
        here.execute("ip", "address", "replace", RIGHT + "/24", "dev", name);
        here.execute("ip", "link", "set", name, "up");
    }

    private static DesiredSwitch desired(String... taps) {
        return new DesiredSwitch(List.of(new DesiredNetwork("lan", Stream.of(taps)
                .map(tap -> (DesiredPort) new DesiredPort.TapPort(tap, new InterfaceName(tap))).toList())));
    }

    private static long tunDescriptors() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.filter(fd -> {
                try {
                    return Files.readSymbolicLink(fd).endsWith("tun");
                } catch (IOException gone) {
                    return false;
                }
            }).count();
        }
    }

    private PortState state(String port) {
        return virtualSwitch.state().ports().stream().filter(p -> p.port().equals(port)).findFirst().orElseThrow();
    }

    private PortState await(String port, PortStatus status) {
        return Await.until(port + " is " + status, SOON, () -> state(port), state -> state.status() == status);
    }

    private void ping(String... options) {
        there.execute(Stream.concat(Stream.of("ping", "-c", "1", "-w", "5", "-q"), Stream.concat(Stream.of(options), Stream.of(RIGHT)))
                .toArray(String[]::new));
    }

    @Test
    void pingPassesAndIsCounted() {
        ping();

        assertThat(virtualSwitch.state().ports()).allSatisfy(port -> {
            assertThat(port.status()).isEqualTo(PortStatus.RUNNING);
            assertThat(port.counters().framesIn()).isPositive();
            assertThat(port.counters().bytesIn()).isGreaterThanOrEqualTo(98);
            assertThat(port.counters().framesOut()).isPositive();
        });
    }

    @Test
    void wholeSegmentsPassByTcp() throws Exception {
        Transfer transfer = Transfer.of(there, here, RIGHT, HUNDRED_MEGABYTES);

        assertThat(transfer.received()).isEqualTo(transfer.sent());
        PortCounters left = state("left").counters();
        PortCounters right = state("right").counters();
        System.out.printf("100 MiB in %d ms, %d bytes a frame, %s%n", transfer.nanos() / 1_000_000,
                left.bytesIn() / left.framesIn(), left);
        assertThat(left.bytesIn()).isGreaterThan(HUNDRED_MEGABYTES);
        assertThat(left.bytesIn() / left.framesIn()).isGreaterThan(10_000);
        assertThat(right.framesOut()).isGreaterThan(HUNDRED_MEGABYTES / 65536);

        Transfer back = Transfer.of(here, there, LEFT, HUNDRED_MEGABYTES);

        assertThat(back.received()).isEqualTo(back.sent());
    }

    @Test
    void theWorkerAllocatesNothingForFrames() throws Exception {
        assertThat(Allocation.whenWarm("switch-worker-0", () -> Transfer.of(there, here, RIGHT, HUNDRED_MEGABYTES)))
                .isLessThanOrEqualTo(Allocation.NOTHING_FOR_FRAMES);
    }

    @Test
    void wholeSegmentsPassByTcpOverIpv6() throws Exception {
        there.execute("ip", "address", "add", "fd00::1/64", "dev", "left", "nodad");
        here.execute("ip", "address", "add", "fd00::2/64", "dev", "right", "nodad");

        Transfer transfer = Transfer.of(there, here, "fd00::2", HUNDRED_MEGABYTES);

        assertThat(transfer.received()).isEqualTo(transfer.sent());
        PortCounters left = state("left").counters();
        assertThat(left.bytesIn() / left.framesIn()).isGreaterThan(10_000);
    }

    @Test
    void taggedFramesPassIntact() throws Exception {
        for (NetworkNamespace side : List.of(there, here)) {
            String device = side == there ? "left" : "right";
            assumeTrue(canHaveVlans(), "the kernel has no VLAN devices (8021q)");
            side.execute("ip", "link", "add", "link", device, "name", "tagged", "type", "vlan", "id", "7");
            side.execute("ip", "address", "add", (side == there ? "10.7.0.1" : "10.7.0.2") + "/24", "dev", "tagged");
            side.execute("ip", "link", "set", "tagged", "up");
        }

        Transfer transfer = Transfer.of(there, here, "10.7.0.2", 10 << 20);

        assertThat(transfer.received()).isEqualTo(transfer.sent());
    }

    private boolean canHaveVlans() {
        try (NetworkNamespace probe = NetworkNamespace.open()) {
            probe.execute("ip", "link", "add", "link", "lo", "name", "tagged", "type", "vlan", "id", "7");
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    @Test
    void framesOf9000BytesPass() {
        there.execute("ip", "link", "set", "left", "mtu", "9000");
        here.execute("ip", "link", "set", "right", "mtu", "9000");

        ping("-s", "8972", "-M", "do");

        assertThat(state("left").counters().bytesIn()).isGreaterThan(9000);
    }

    @Test
    void aTapThatIsDownTakesNothingUntilItIsUp() {
        ping();
        here.execute("ip", "link", "set", "right", "down");

        assertThat(await("right", PortStatus.CONNECTED).reason()).isEqualTo("tap right is down");
        // Nobody answers; what is asked goes to the tap that is down.
        assertThatThrownBy(() -> there.execute("ping", "-c", "1", "-w", "1", "-q", RIGHT));
        assertThat(state("right").counters().drops().get("not-ready")).isPositive();

        raise("right");

        await("right", PortStatus.RUNNING);
        ping();
    }

    @Test
    void aTapThatIsDeletedFailsAndComesBack() {
        ping();
        here.execute("ip", "link", "delete", "right");

        assertThat(await("right", PortStatus.FAILED).reason()).contains("right");
        assertThat(Await.until("the reason", SOON, () -> state("right").reason(), reason -> reason.contains("find"))).isEqualTo("find tap right: ENODEV");
        assertThat(here.execute("ip", "link")).doesNotContain("right");
        assertThat(state("left").status()).isEqualTo(PortStatus.RUNNING);

        make("right");
        raise("right");

        await("right", PortStatus.RUNNING);
        // The address is learned anew at the first frame.
        ping();
    }

    @Test
    void aTapThatIsNoLongerWantedIsFreeForOthers() {
        virtualSwitch.apply(desired("left"));

        try (Fd taken = TapDevice.open(new InterfaceName("right"))) {
            assertThat(TapDevice.look(taken)).isEqualTo(TapDevice.State.UP);
            assertThatThrownBy(() -> TapDevice.open(new InterfaceName("right")))
                    .isInstanceOfSatisfying(SystemCallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
        }
        virtualSwitch.apply(desired("left", "right"));
        await("right", PortStatus.RUNNING);
    }

    @Test
    void whatIsNoTapOfOneQueueIsRefusedWithItsErrno() {
        here.execute("ip", "tuntap", "add", "dev", "many", "mode", "tap", "multi_queue");
        here.execute("ip", "link", "add", "bridge0", "type", "bridge");
        virtualSwitch.apply(desired("left", "many", "bridge0"));

        assertThat(state("many")).satisfies(port -> {
            assertThat(port.status()).isEqualTo(PortStatus.FAILED);
            assertThat(port.reason()).isEqualTo("open tap many: EINVAL");
        });
        assertThat(state("bridge0").reason()).isEqualTo("open tap bridge0: EINVAL");
    }

    @Test
    void theOwnerNeedsNoCapability() throws Exception {
        here.execute("ip", "tuntap", "add", "dev", "mine", "mode", "tap", "user", "65534");
        here.execute("ip", "tuntap", "add", "dev", "other", "mode", "tap", "user", "65533");

        assertThat(asUser(65534, () -> "" + TapDevice.look(TapDevice.open(new InterfaceName("mine"))))).isEqualTo("DOWN");
        assertThat(asUser(65534, () -> "" + TapDevice.open(new InterfaceName("other")))).isEqualTo("open tap other: EPERM");
        descriptors++;
    }

    /** Runs in this namespace, on a thread that is another user for the rest of its life. */
    private static String asUser(int user, Callable<String> work) throws Exception {
        CompletableFuture<String> result = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                CLibrary.becomeUser(user);
                result.complete(work.call());
            } catch (Exception e) {
                result.complete(e.getMessage());
            }
        });
        return result.get(10, TimeUnit.SECONDS);
    }

    private static final class CLibrary {
        private static final int SETRESUID = System.getProperty("os.arch").equals("amd64") ? 117 : 147;

        static {
            Native.register(CLibrary.class, "c");
        }

        /** The system call itself is for the calling thread alone. */
        static native long syscall(long number, long real, long effective, long saved);

        static void becomeUser(int user) {
            if (syscall(SETRESUID, user, user, user) != 0) {
                throw new IllegalStateException("setresuid: errno " + Native.getLastError());
            }
        }
    }

    @Test
    void readsOnlyWhenItWasCalled() {
        virtualSwitch.apply(desired("left"));
        TapPort port = new TapPort(new Segment("alone"), () -> { });
        FrameBatch batch = new FrameBatch();
        try (Fd tap = TapDevice.open(new InterfaceName("right"))) {
            port.attach(tap);
            // Somebody asks for an address that nobody has.
            assertThatThrownBy(() -> here.execute("ping", "-c", "1", "-w", "1", "-q", LEFT));

            assertThat(port.receive(batch)).isFalse();
            assertThat(batch.count).isZero();

            port.called();

            assertThat(port.receive(batch)).isTrue();
            // Among what the kernel says of its own accord to multicast addresses.
            assertThat(Arrays.copyOf(batch.frames, batch.count)).allMatch(frame -> frame.source == 0x0200_0000_0002L)
                    .anyMatch(frame -> frame.destination == 0xffff_ffff_ffffL && frame.length == 42 && frame.offload == 0);
            port.giveBack(batch);
            port.detach();
        }
    }
}
