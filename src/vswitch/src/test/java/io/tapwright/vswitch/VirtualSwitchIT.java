package io.tapwright.vswitch;

import static io.tapwright.vswitch.driver.FrontEnd.NOTHING;
import static io.tapwright.vswitch.driver.FrontEnd.state;
import static io.tapwright.vswitch.driver.FrontEnd.u64;
import static io.tapwright.vswitch.driver.GuestNic.frame;
import static io.tapwright.vswitch.driver.GuestNic.numberOf;
import static io.tapwright.vswitch.driver.TestSwitch.mac;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tapwright.model.MacAddress;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.NetworkState;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.driver.FrontEnd;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.GuestNic.Layout;
import io.tapwright.vswitch.driver.GuestRam;
import io.tapwright.vswitch.driver.TestSwitch;
import io.tapwright.vswitch.posix.Epoll;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.MemoryGuard;
import io.tapwright.vswitch.posix.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames from guest to guest, and what guests do to each other's. */
class VirtualSwitchIT {

    private static final Duration SOON = Duration.ofSeconds(5);
    /** 0.3 s as a rule, and what a machine takes that has other things to do. */
    private static final Duration A_MOMENT = Duration.ofSeconds(2);
    private static final Duration SHORT = Duration.ofMillis(30);
    /** A group's address, and one that bridges do not forward. */
    private static final long LLDP = 0x0180_c200_000eL;

    private final long fdsBefore = TestSwitch.openFds();
    private final long mappingsBefore = TestSwitch.sharedMappings();
    private TestSwitch lan;

    private TestSwitch lan(int... ports) {
        lan = new TestSwitch().with(ports);
        return lan;
    }

    @AfterEach
    void nothingIsLeft() {
        if (lan != null) {
            lan.close();
        }
        assertThat(TestSwitch.openFds()).isEqualTo(fdsBefore);
        assertThat(TestSwitch.sharedMappings()).isEqualTo(mappingsBefore);
    }

    private GuestNic up(int number) {
        GuestNic nic = new GuestNic().up(lan.socket(number));
        lan.await(number, PortStatus.RUNNING);
        return nic;
    }

    private static void assertPasses(GuestNic from, int fromNumber, GuestNic to, int toNumber, int number) {
        byte[] frame = frame(mac(toNumber), mac(fromNumber), 100, number);
        assertThat(from.send(frame)).isTrue();
        assertThat(to.receive(SOON)).isEqualTo(frame);
    }

    @ParameterizedTest
    @CsvSource({"DIRECT,true,true", "DIRECT,false,false", "CHAINED,true,false", "CHAINED,false,true", "INDIRECT,true,true",
        "INDIRECT,false,false"})
    void framesOfEverySizePassUnchanged(Layout layout, boolean mergeable, boolean eventIndex) {
        lan(1, 2);
        long features = GuestNic.USUAL & ~(mergeable ? 0 : GuestNic.MRG_RXBUF) & ~(eventIndex ? 0 : GuestNic.EVENT_IDX);
        int buffer = mergeable ? 2048 : 16384;
        try (GuestNic one = new GuestNic(features, 128, 16384, layout).up(lan.socket(1));
                GuestNic two = new GuestNic(features, 128, buffer, layout).up(lan.socket(2))) {
            lan.await(2, PortStatus.RUNNING);
            int number = 0;
            for (int length : new int[] {18, 60, 64, 127, 128, 129, 512, 1514, 2036, 2037, 4000, 9014}) {
                byte[] frame = frame(mac(2), mac(1), length, ++number);
                assertThat(one.send(frame)).isTrue();
                assertThat(two.receive(SOON)).as("length " + length).isEqualTo(frame);
            }
            assertThat(lan.state(1).counters().framesIn()).isEqualTo(number);
            assertThat(lan.state(2).counters().framesOut()).isEqualTo(number);
            assertThat(lan.state(2).counters().bytesOut()).isEqualTo(lan.state(1).counters().bytesIn());
        }
    }

    @Test
    void aFrameThatIsTooLongForItsReceiverGoesMissingAlone() throws InterruptedException {
        lan(1, 2);
        try (GuestNic one = new GuestNic(GuestNic.USUAL, 128, 16384, Layout.DIRECT).up(lan.socket(1));
                GuestNic two = new GuestNic(GuestNic.USUAL & ~GuestNic.MRG_RXBUF, 128, 2048, Layout.DIRECT).up(lan.socket(2))) {
            lan.await(1, PortStatus.RUNNING);
            lan.await(2, PortStatus.RUNNING);
            // Until the switch sleeps: so it finds all of them at once.
            Thread.sleep(100);
            int frames = 30;
            for (int i = 0; i < frames; i++) {
                assertThat(one.post(frame(mac(2), mac(1), i % 10 == 3 ? 3000 : 100, i))).isTrue();
            }
            one.kick();
            for (int i = 0; i < frames; i++) {
                if (i % 10 != 3) {
                    assertThat(two.receive(SOON)).as("frame " + i).isEqualTo(frame(mac(2), mac(1), 100, i));
                }
            }
            assertThat(lan.state(2).counters().framesOut()).isEqualTo(frames - 3);
            assertThat(lan.state(2).counters().drops()).containsEntry("full", 3L);
        }
    }

    @Test
    void aDriverOfTheOldKindHasAShorterHeader() {
        lan(1, 2);
        try (GuestNic one = new GuestNic(GuestNic.PROTOCOL_FEATURES, 64, 2048, Layout.DIRECT).up(lan.socket(1)); GuestNic two = up(2)) {
            lan.await(1, PortStatus.RUNNING);
            assertThat(one.headerLength()).isEqualTo(10);
            assertPasses(one, 1, two, 2, 1);
            assertPasses(two, 2, one, 1, 2);
        }
    }

    @Test
    void withoutProtocolFeaturesRingsAreEnabledFromTheirStart() {
        lan(1, 2);
        try (GuestNic one = new GuestNic(GuestNic.VERSION_1, 64, 2048, Layout.DIRECT).up(lan.socket(1)); GuestNic two = up(2)) {
            lan.await(1, PortStatus.RUNNING);
            assertPasses(one, 1, two, 2, 1);
            assertPasses(two, 2, one, 1, 2);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void manyFramesKeepTheirOrderAndNoneIsLostThatThereIsRoomFor(Layout layout) {
        lan(1, 2);
        try (GuestNic one = new GuestNic(GuestNic.USUAL, 256, 2048, layout).up(lan.socket(1)); GuestNic two = up(2)) {
            lan.await(1, PortStatus.RUNNING);
            int frames = 100_000;
            int sent = 0;
            int got = 0;
            long end = System.nanoTime() + 60_000_000_000L;
            while (got < frames && System.nanoTime() < end) {
                for (int i = 0; i < 16 && sent < frames && sent - got < 128; i++) {
                    if (!one.post(frame(mac(2), mac(1), 60 + sent % 100, sent))) {
                        break;
                    }
                    sent++;
                }
                one.kick();
                for (byte[] frame = two.poll(); frame != null; frame = two.poll()) {
                    if (numberOf(frame) != got || frame.length != 60 + got % 100) {
                        throw new AssertionError("frame " + numberOf(frame) + " of " + frame.length + " bytes, expected " + got);
                    }
                    got++;
                }
                if (two.rx.wantsKick()) {
                    two.signal(two.rxKick);
                }
            }
            assertThat(got).isEqualTo(frames);
        }
    }

    @Test
    void aSleepingSwitchIsWokenByEveryFrame() {
        lan(1, 2);
        try (GuestNic one = up(1); GuestNic two = up(2)) {
            Random random = new Random(7);
            for (int i = 0; i < 3000; i++) {
                // Just about as long as the worker polls before it sleeps.
                long pause = System.nanoTime() + random.nextInt(150_000);
                while (System.nanoTime() < pause) {
                    Thread.onSpinWait();
                }
                GuestNic from = i % 2 == 0 ? one : two;
                GuestNic to = i % 2 == 0 ? two : one;
                byte[] frame = frame(mac(i % 2 == 0 ? 2 : 1), mac(i % 2 == 0 ? 1 : 2), 64, i);
                from.send(frame);
                assertThat(to.receive(SOON)).as("frame " + i).isEqualTo(frame);
            }
        }
    }

    @Test
    void aGuestThatSleepsIsCalledForEveryFrame() {
        lan(1, 2);
        try (GuestNic one = up(1); GuestNic two = up(2); Epoll epoll = new Epoll(1)) {
            epoll.add(two.rxCall, 1);
            for (int i = 0; i < 2000; i++) {
                if (two.rx.askForCalls()) {
                    one.send(frame(mac(2), mac(1), 64, i));
                    assertThat(epoll.await(5000)).as("frame " + i).isEqualTo(1);
                }
                two.signalled(two.rxCall);
                byte[] got = two.receive(SOON);
                assertThat(got).isNotNull();
                assertThat(numberOf(got)).isEqualTo(i);
            }
        }
    }

    @Test
    void anIdleSwitchSleeps() throws InterruptedException {
        lan(1, 2);
        try (GuestNic one = up(1); GuestNic two = up(2)) {
            assertPasses(one, 1, two, 2, 1);
            Thread.sleep(100);
            long before = workerTicks();
            Thread.sleep(500);
            assertThat(workerTicks() - before).as("ticks of 10 ms").isLessThanOrEqualTo(2);
        }
    }

    /** CPU time of the workers of this process. */
    private static long workerTicks() {
        try (var tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.mapToLong(task -> {
                try {
                    String stat = Files.readString(task.resolve("stat"));
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                    return stat.contains("(switch-worker") ? Long.parseLong(fields[11]) + Long.parseLong(fields[12]) : 0;
                } catch (IOException gone) {
                    return 0;
                }
            }).sum();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatGoesNowhereIsCountedAtItsSenderAndTheNetworkTellsOfItsAddresses() {
        lan(1, 2);
        try (GuestNic one = up(1); GuestNic two = up(2)) {
            one.send(frame(mac(1), mac(1), 64, 1));
            one.send(frame(LLDP, mac(1), 64, 2));
            one.send(frame(LLDP, mac(1), 64, 3));
            one.send(frame(mac(2), LLDP, 64, 4));
            one.send(frame(mac(2), mac(7), 64, 5));
            assertThat(two.receive(SOON)).isEqualTo(frame(mac(2), mac(7), 64, 5));
            assertThat(lan.state(1).counters().drops()).containsOnly(entry("hairpin", 1L), entry("link-local", 2L),
                    entry("invalid", 1L), entry("full", 0L), entry("not-ready", 0L));
            assertThat(lan.state(2).counters().dropped()).isZero();
            two.send(frame(mac(1), mac(7), 64, 6));
            assertThat(one.receive(SOON)).isEqualTo(frame(mac(1), mac(7), 64, 6));
            assertThat(lan.networks()).containsExactly(new NetworkState(TestSwitch.NETWORK, 3, 1, 0));
        }
        lan.without(1);
        assertThat(lan.networks()).containsExactly(new NetworkState(TestSwitch.NETWORK, 2, 1, 0));
    }

    @Test
    void aRingThatIsStartedAndNotEnabledIsDrainedAndItsFramesGoNowhere() {
        lan(1, 2);
        try (GuestNic one = up(1); GuestNic two = up(2)) {
            one.enable(false);
            for (int i = 0; i < 500; i++) {
                while (!one.send(frame(mac(2), mac(1), 64, i))) {
                    Thread.yield();
                }
            }
            awaitDrained(one);
            assertThat(two.receive(SHORT)).isNull();
            one.enable(true);
            assertPasses(one, 1, two, 2, 77);
            two.enable(false);
            one.send(frame(mac(2), mac(1), 64, 1));
            awaitDrained(one);
            assertThat(two.receive(SHORT)).isNull();
            long end = System.nanoTime() + SOON.toNanos();
            while (lan.state(2).counters().drops().get("not-ready") == 0 && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            assertThat(lan.state(2).counters().drops().get("not-ready")).isPositive();
        }
    }

    @Test
    void whatWasSentBeforeTheRingsWereEnabledIsNotForwardedAndTheNextIs() {
        lan(1, 2);
        try (GuestNic one = new GuestNic(); GuestNic two = up(2)) {
            one.frontEnd = FrontEnd.connect(lan.socket(1));
            one.agree();
            one.share();
            one.startRings(0, 0);
            one.send(frame(mac(2), mac(1), 64, 1));
            one.settle();
            awaitDrained(one);
            assertThat(two.receive(SHORT)).isNull();
            one.enable(true);
            assertPasses(one, 1, two, 2, 2);
        }
    }

    /** Waits until the switch has given back all that a guest has sent. */
    private static void awaitDrained(GuestNic nic) {
        long end = System.nanoTime() + SOON.toNanos();
        while (nic.tx.usedIndex() != nic.tx.availableIndex() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(nic.tx.usedIndex()).as("frames given back").isEqualTo(nic.tx.availableIndex());
    }

    @Test
    void aStoppedRingGoesOnWhereItStood() {
        lan(1, 2);
        try (GuestNic one = up(1); GuestNic two = up(2)) {
            for (int i = 0; i < 300; i++) {
                assertPasses(one, 1, two, 2, i);
            }
            int rx = two.frontEnd.ask(FrontEnd.GET_VRING_BASE, state(0, 0)).payload().getInt(4);
            int tx = one.frontEnd.ask(FrontEnd.GET_VRING_BASE, state(1, 0)).payload().getInt(4);
            assertThat(tx).isEqualTo(300);
            assertThat(rx).isEqualTo(300);
            one.send(frame(mac(2), mac(1), 100, 1000));
            assertThat(two.receive(SHORT)).isNull();
            two.startRing(0, two.rx, rx, two.rxKick, two.rxCall);
            two.settle();
            one.startRing(1, one.tx, tx, one.txKick, one.txCall);
            assertThat(numberOf(two.receive(SOON))).as("what was posted in between").isEqualTo(1000);
            for (int i = 0; i < 300; i++) {
                assertPasses(one, 1, two, 2, i);
            }
        }
    }

    @Test
    void theMemoryTableIsReplacedUnderTraffic() {
        lan(1, 2);
        try (GuestNic one = up(1); GuestNic two = up(2)) {
            for (int i = 0; i < 2000; i++) {
                byte[] frame = frame(mac(2), mac(1), 64, i);
                one.send(frame);
                if (i % 4 == 0) {
                    (i % 8 == 0 ? one : two).share();
                }
                assertThat(two.receive(SOON)).as("frame " + i).isEqualTo(frame);
            }
            one.settle();
            two.settle();
            long guests = TestSwitch.sharedMappings() - mappingsBefore;
            assertThat(guests).as("one each, and ours").isEqualTo(4);
        }
    }

    @Test
    void memoryThatIsTakenAwayFromARunningRingStopsItAloneUntilItIsBack() {
        lan(1, 2);
        try (GuestNic one = up(1); GuestNic two = up(2); GuestRam other = new GuestRam(4096)) {
            one.frontEnd.send(FrontEnd.SET_MEM_TABLE, FrontEnd.table(0, 4096, 0, 0), other.file);
            one.settle();
            lan.await(1, PortStatus.CONNECTED);
            assertPasses(two, 2, two, 2, 1, false);
            one.share();
            one.settle();
            lan.await(1, PortStatus.RUNNING);
            assertPasses(two, 2, one, 1, 5);
        }
    }

    private static void assertPasses(GuestNic from, int fromNumber, GuestNic to, int toNumber, int number, boolean passes) {
        from.send(frame(mac(toNumber), mac(fromNumber), 100, number));
        assertThat(to.receive(SHORT) != null).isEqualTo(passes);
    }

    @Test
    void aMigrationsLogHasEveryPageThatWasWritten() {
        lan(1, 2);
        try (GuestNic one = up(1); GuestNic two = up(2); GuestRam bits = new GuestRam(1 << 20)) {
            two.frontEnd.ask(FrontEnd.SET_LOG_BASE, u64(1 << 20, 0), bits.file);
            two.frontEnd.send(FrontEnd.SET_FEATURES, u64(GuestNic.USUAL | GuestNic.LOG_ALL));
            two.settle();
            assertPasses(one, 1, two, 2, 1);
            assertThat(bits.bytes(0, 1 << 20)).isNotEqualTo(new byte[1 << 20]);
            long page = GuestRam.guest(two.rx.used) >>> 12;
            assertThat(bits.bytes(page >>> 3, 1)[0] >> (page & 7) & 1).isEqualTo(1);
            two.frontEnd.send(FrontEnd.SET_FEATURES, u64(GuestNic.USUAL));
            two.settle();
            bits.fill(0, 1 << 20, 0);
            assertPasses(one, 1, two, 2, 2);
            assertThat(bits.bytes(0, 1 << 20)).isEqualTo(new byte[1 << 20]);
        }
    }

    @Test
    void aGuestOnAnotherHostIsFoundThereUntilItRunsHereAndAgainWhenItHasLeft() {
        lan(1, 2, 3);
        // Guest 1 runs beyond port 3, and its port here awaits it.
        try (GuestNic two = up(2); GuestNic elsewhere = up(3)) {
            announce(elsewhere, two);
            assertPasses(two, 2, elsewhere, 1, 1);
            try (GuestNic one = up(1)) {
                assertPasses(two, 2, one, 1, 2);
                announce(elsewhere, two, one);
                assertPasses(two, 2, one, 1, 3);

                one.frontEnd.ask(FrontEnd.GET_VRING_BASE, state(0, 0));
                one.frontEnd.ask(FrontEnd.GET_VRING_BASE, state(1, 0));
                lan.await(1, PortStatus.CONNECTED);
                announce(elsewhere, two);
                assertPasses(two, 2, elsewhere, 1, 4);
            }
            lan.await(1, PortStatus.WAITING);
            assertPasses(two, 2, elsewhere, 1, 5);
            try (GuestNic one = up(1)) {
                assertPasses(two, 2, one, 1, 6);
            }
        }
    }

    /** Says in the name of guest 1 that it is here, and waits until all others have heard it. */
    private static void announce(GuestNic from, GuestNic... others) {
        byte[] frame = frame(0xffff_ffff_ffffL, mac(1), 64, 99);
        from.send(frame);
        for (GuestNic other : others) {
            assertThat(other.receive(SOON)).isEqualTo(frame);
        }
    }

    @Test
    void aGuestThatRebootsOrComesAgainFindsItsPort() {
        lan(1, 2);
        try (GuestNic two = up(2)) {
            for (int i = 0; i < 20; i++) {
                try (GuestNic one = up(1)) {
                    assertPasses(one, 1, two, 2, i);
                    assertPasses(two, 2, one, 1, i);
                }
            }
        }
    }

    @Test
    void aFrontEndThatListensIsConnectedToAgainAndAgain() {
        lan = new TestSwitch().with(2).withConnecting(1);
        try (GuestNic two = up(2)) {
            for (int i = 0; i < 3; i++) {
                Fd listening = UnixSocket.listen(lan.socket(1));
                Fd peer = UnixSocket.accept(listening);
                long end = System.nanoTime() + SOON.toNanos();
                while (peer == null && System.nanoTime() < end) {
                    peer = UnixSocket.accept(listening);
                }
                try (GuestNic one = new GuestNic()) {
                    one.frontEnd = new FrontEnd(peer);
                    one.agree();
                    one.share();
                    one.startRings(0, 0);
                    one.enable(true);
                    lan.await(1, PortStatus.RUNNING);
                    assertPasses(one, 1, two, 2, i);
                    listening.close();
                    Files.delete(lan.socket(1));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                lan.await(1, PortStatus.WAITING);
            }
        }
    }

    @Test
    void aSocketThatWasLeftBehindIsReplacedAndAFileIsNot() throws IOException {
        lan = new TestSwitch();
        UnixSocket.listen(lan.socket(1)).close();
        assertThat(Files.exists(lan.socket(1))).isTrue();
        lan.with(1);
        lan.await(1, PortStatus.WAITING);
        try (GuestNic one = up(1)) {
            assertThat(one.frontEnd.ask(FrontEnd.GET_FEATURES, NOTHING).flags()).isEqualTo(5);
        }
        Files.writeString(lan.socket(2), "precious");
        lan.with(2);
        assertThat(lan.await(2, PortStatus.FAILED).reason()).contains("bind", "EADDRINUSE");
        assertThat(Files.readString(lan.socket(2))).isEqualTo("precious");
        Files.delete(lan.socket(2));
        lan.await(2, PortStatus.WAITING);
    }

    @Test
    void aSocketOutsideOfTheDirectoryIsRefused() {
        lan = new TestSwitch();
        var port = new DesiredPort.VhostUserPort("x", Path.of("/tmp/elsewhere"), true, new MacAddress("02:00:00:00:00:01"));
        var desired = new DesiredSwitch(List.of(new DesiredNetwork("n", List.of(port))));
        assertThatThrownBy(() -> lan.virtualSwitch.apply(desired)).hasRootCauseInstanceOf(IllegalArgumentException.class);
        assertThat(lan.virtualSwitch.state().ports()).isEmpty();
    }

    @Test
    void aPortThatStaysLosesNoFrameWhileOthersComeAndGo() throws InterruptedException {
        lan(1, 2);
        AtomicBoolean done = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (GuestNic one = up(1); GuestNic two = up(2)) {
            Thread traffic = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; !done.get(); i++) {
                        byte[] frame = frame(mac(2), mac(1), 64, i);
                        one.send(frame);
                        assertThat(two.receive(SOON)).as("frame " + i).isEqualTo(frame);
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            for (int round = 0; round < 100; round++) {
                lan.with(3);
                try (GuestNic three = up(3)) {
                    // To an address that is not forwarded: the others are to hear of nothing.
                    three.send(frame(0x0180_c200_0001L, mac(99), 64, round));
                    lan.without(3);
                    assertThat(three.frontEnd.isClosedSoon()).isTrue();
                }
            }
            done.set(true);
            traffic.join();
            assertThat(failure.get()).isNull();
        }
    }

    @Test
    void aThousandRoundsLeaveNothing() throws IOException {
        lan = new TestSwitch(2, Duration.ofNanos(50_000)).with(1, 2);
        try (GuestNic two = up(2); GuestNic one = new GuestNic(GuestNic.USUAL, 64, 2048, Layout.DIRECT)) {
            long fds = 0;
            long maps = 0;
            long threads = 0;
            for (int round = 0; round <= 1000; round++) {
                if (round == 10) {
                    lan.await(1, PortStatus.WAITING);
                    fds = TestSwitch.openFds();
                    maps = TestSwitch.sharedMappings();
                    threads = threads();
                }
                one.reset();
                one.up(lan.socket(1));
                assertPasses(one, 1, two, 2, round);
                assertPasses(two, 2, one, 1, round);
                one.disconnect();
            }
            lan.await(1, PortStatus.WAITING);
            assertThat(TestSwitch.openFds()).isEqualTo(fds);
            assertThat(TestSwitch.sharedMappings()).isEqualTo(maps);
            assertThat(threads()).isLessThanOrEqualTo(threads + 2);
        }
    }

    private static long threads() throws IOException {
        try (var tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.filter(task -> {
                try {
                    return Files.readString(task.resolve("comm")).startsWith("switch-");
                } catch (IOException gone) {
                    return false;
                }
            }).count();
        }
    }

    @Test
    void whoseMemoryIsCutOffIsCutOffAndTheOthersAreNot() {
        assumeTrue(MemoryGuard.isOn(), "memory that can shrink is refused on this machine");
        lan(1, 2, 3);
        try (GuestNic one = up(1); GuestNic two = up(2)) {
            int number = 0;
            for (int round = 0; round < 30; round++) {
                try (GuestNic three = up(3)) {
                    three.send(frame(mac(1), mac(3), 100, round));
                    assertThat(one.receive(SOON)).isNotNull();
                    // From here on its own accesses fault as well: it touches nothing any more.
                    for (int i = 0; i < round; i++) {
                        one.post(frame(mac(3), mac(1), 100, i));
                        three.post(frame(mac(1), mac(3), 100, i));
                    }
                    three.kick();
                    three.ram.file.truncate(round % 3 == 0 ? 0 : round % 3 == 1 ? 4096 : three.ram.size() / 2);
                    one.kick();
                    one.send(frame(mac(3), mac(1), 100, 1));
                    one.send(frame(0xffff_ffff_ffffL, mac(1), 100, ++number));
                    byte[] flooded = two.receive(SOON);
                    assertThat(flooded).isNotNull();
                    assertThat(numberOf(flooded)).isEqualTo(number);
                    if (round % 3 != 2) {
                        assertThat(lan.await(3, PortStatus.WAITING).reason()).contains("memory");
                    }
                    assertThat(lan.state(1).status()).isEqualTo(PortStatus.RUNNING);
                    assertThat(lan.state(2).status()).isEqualTo(PortStatus.RUNNING);
                }
                lan.await(3, PortStatus.WAITING);
                while (one.receive(SHORT) != null) {
                    continue;
                }
            }
            assertPasses(two, 2, one, 1, 12345);
        }
    }

    @Test
    void whoseLogIsCutOffIsCutOffToo() {
        assumeTrue(MemoryGuard.isOn(), "memory that can shrink is refused on this machine");
        lan(1, 2);
        try (GuestNic one = up(1); GuestNic two = up(2); Fd log = Fd.memory("log", 1 << 20)) {
            two.frontEnd.ask(FrontEnd.SET_LOG_BASE, u64(1 << 20, 0), log);
            two.frontEnd.send(FrontEnd.SET_FEATURES, u64(GuestNic.USUAL | GuestNic.LOG_ALL));
            two.settle();
            log.truncate(0);
            one.send(frame(mac(2), mac(1), 100, 1));
            assertThat(lan.await(2, PortStatus.WAITING).reason()).contains("memory");
            assertThat(lan.state(1).status()).isEqualTo(PortStatus.RUNNING);
        }
    }

    /** What a guest is called for: the first two by a worker, the others by the loop. */
    private enum Occasion {
        A_FRAME_TO_IT, A_FRAME_OF_ITS_OWN, AN_ANNOUNCEMENT, ANOTHER_EVENTFD
    }

    @ParameterizedTest
    @EnumSource(Occasion.class)
    void whoHasUsWaitWhenItIsCalledHoldsUpTheOthersForAMomentAndStaysOut(Occasion occasion) throws InterruptedException {
        lan(1, 2, 3, 4);
        AtomicBoolean done = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicLong longest = new AtomicLong();
        try (GuestNic one = up(1); GuestNic two = up(2); GuestNic three = up(3); GuestNic four = up(4)) {
            Thread traffic = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; !done.get(); i++) {
                        byte[] frame = frame(mac(2), mac(1), 64, i);
                        long begin = System.nanoTime();
                        one.send(frame);
                        byte[] got = two.receive(SOON);
                        if (got != null && got.length < frame.length) {
                            // The announcement, which is for all.
                            got = two.receive(SOON);
                        }
                        assertThat(got).as("frame " + i).isEqualTo(frame);
                        longest.accumulateAndGet(System.nanoTime() - begin, Math::max);
                        LockSupport.parkNanos(1_000_000);
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            for (Fd call : new Fd[] {three.rxCall, three.txCall}) {
                three.fill(call);
                GuestNic.block(call);
            }
            // What it tells us to call it by is non-blocking from then on, and may not be a moment later.
            Thread clearing = Thread.ofPlatform().start(() -> {
                while (occasion == Occasion.ANOTHER_EVENTFD && !done.get()) {
                    GuestNic.block(three.rxCall);
                }
            });
            try {
                switch (occasion) {
                    case A_FRAME_TO_IT -> four.send(frame(mac(3), mac(4), 64, 1));
                    case A_FRAME_OF_ITS_OWN -> three.send(frame(mac(3), mac(3), 64, 1));
                    case AN_ANNOUNCEMENT -> four.frontEnd.send(FrontEnd.SEND_RARP, u64(0x0900_0000_0002L));
                    case ANOTHER_EVENTFD -> three.frontEnd.send(FrontEnd.SET_VRING_CALL, u64(0), three.rxCall);
                }
                // The switch itself may stand still: nobody asks it.
                assertThat(three.frontEnd.isClosedSoon()).isTrue();
                assertThat(lan.await(3, PortStatus.FAILED).reason()).contains("counter", "60 s");
                try (FrontEnd again = FrontEnd.connect(lan.socket(3))) {
                    again.send(FrontEnd.GET_FEATURES, NOTHING);
                    assertThat(again.isSilentFor(Duration.ofMillis(500))).isTrue();
                }
            } finally {
                done.set(true);
                clearing.join();
                for (Fd call : new Fd[] {three.rxCall, three.txCall}) {
                    call.setNonBlocking();
                    three.signalled(call);
                }
                traffic.join();
            }
            assertThat(failure.get()).isNull();
            assertThat(Duration.ofNanos(longest.get())).isLessThan(A_MOMENT);
            while (four.poll() != null) {
                continue;
            }
            assertPasses(two, 2, four, 4, 2);
        }
    }

    @Test
    void whoHasUsWaitAgainAndAgainButNeverForLongIsFoundOutAsWell() throws InterruptedException {
        lan(3, 4);
        AtomicBoolean done = new AtomicBoolean();
        try (GuestNic three = up(3); GuestNic four = up(4)) {
            Thread hostile = Thread.ofPlatform().start(() -> {
                while (!done.get()) {
                    three.fill(three.rxCall);
                    GuestNic.block(three.rxCall);
                    while (three.poll() != null) {
                        continue;
                    }
                    three.rx.askForCalls();
                    LockSupport.parkNanos(20_000_000);
                    three.rxCall.setNonBlocking();
                    three.signalled(three.rxCall);
                }
            });
            long end = System.nanoTime() + SOON.toNanos();
            while (lan.state(3).status() == PortStatus.RUNNING && System.nanoTime() < end) {
                four.send(frame(mac(3), mac(4), 64, 1));
            }
            done.set(true);
            hostile.join();
            assertThat(lan.state(3).status()).isEqualTo(PortStatus.FAILED);
        }
    }

    @Test
    void whoLeavesNothingToReadInWhatItKicksByHoldsUpNobody() {
        lan(1, 2, 3);
        try (GuestNic one = up(1); GuestNic two = up(2); GuestNic three = up(3)) {
            // Of two rings: whoever reads for the second finds that it was read for the first.
            three.frontEnd.send(FrontEnd.SET_VRING_KICK, u64(3), three.txKick);
            three.settle();
            GuestNic.block(three.txKick);
            try {
                for (int i = 0; i < 100; i++) {
                    three.signal(three.txKick);
                    assertPasses(one, 1, two, 2, i);
                }
                assertPasses(three, 3, one, 1, 1);
            } finally {
                three.signal(three.txKick);
            }
        }
    }

    @Test
    void severalWorkersCarryFramesOfManyGuestsToEachOther() {
        lan = new TestSwitch(2, Duration.ofNanos(50_000)).with(1, 2, 3, 4);
        GuestNic[] nics = new GuestNic[4];
        for (int i = 0; i < 4; i++) {
            nics[i] = up(i + 1);
        }
        int[] expected = new int[16];
        int frames = 0;
        int sent = 0;
        Random random = new Random(3);
        long end = System.nanoTime() + 30_000_000_000L;
        while (frames < 40_000 && System.nanoTime() < end) {
            if (sent < 40_000 && sent - frames < 128) {
                int from = random.nextInt(4);
                int to = (from + 1 + random.nextInt(3)) % 4;
                assertThat(nics[from].send(frame(mac(to + 1), mac(from + 1), 64, sent++))).isTrue();
            }
            for (int i = 0; i < 4; i++) {
                for (byte[] frame = nics[i].poll(); frame != null; frame = nics[i].poll()) {
                    int pair = (frame[11] - 1) * 4 + i;
                    assertThat(numberOf(frame)).isGreaterThanOrEqualTo(expected[pair]);
                    expected[pair] = numberOf(frame) + 1;
                    frames++;
                }
            }
        }
        assertThat(frames).isEqualTo(40_000);
        for (GuestNic nic : nics) {
            nic.close();
        }
    }
}
