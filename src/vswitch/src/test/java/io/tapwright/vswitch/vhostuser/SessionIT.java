package io.tapwright.vswitch.vhostuser;

import static io.tapwright.vswitch.driver.FrontEnd.NEED_REPLY;
import static io.tapwright.vswitch.driver.FrontEnd.NOTHING;
import static io.tapwright.vswitch.driver.FrontEnd.VERSION;
import static io.tapwright.vswitch.driver.FrontEnd.state;
import static io.tapwright.vswitch.driver.FrontEnd.u64;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.driver.FrontEnd;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.GuestRam;
import io.tapwright.vswitch.driver.TestSwitch;
import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.UnixSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The messages, one by one and with all that can be wrong about them, over a socket. */
class SessionIT {

    private static final Duration SHORT = Duration.ofMillis(50);

    private final long fdsBefore = TestSwitch.openFds();
    private final long mappingsBefore = TestSwitch.sharedMappings();
    private TestSwitch lan;
    private FrontEnd frontEnd;

    @BeforeEach
    void connect() {
        lan = new TestSwitch().with(1, 2);
        frontEnd = FrontEnd.connect(lan.socket(1));
    }

    @AfterEach
    void nothingIsLeft() {
        frontEnd.close();
        lan.close();
        assertThat(TestSwitch.openFds()).isEqualTo(fdsBefore);
        assertThat(TestSwitch.sharedMappings()).isEqualTo(mappingsBefore);
    }

    private void replyAck() {
        frontEnd.send(FrontEnd.SET_PROTOCOL_FEATURES, u64(GuestNic.PROTOCOL));
        frontEnd.send(FrontEnd.SET_FEATURES, u64(GuestNic.USUAL));
    }

    private void again() {
        frontEnd.close();
        lan.await(1, PortStatus.WAITING);
        frontEnd = FrontEnd.connect(lan.socket(1));
    }

    private void assertCutOff(String reason) {
        assertThat(frontEnd.isClosedSoon()).isTrue();
        assertThat(lan.await(1, PortStatus.WAITING).reason()).contains(reason);
    }

    private void assertAlive() {
        assertThat(frontEnd.ask(FrontEnd.GET_FEATURES, NOTHING).number64()).isEqualTo(Features.OFFERED);
    }

    @Test
    void everyQuestionIsAnsweredWithFlagsOfExactly5() {
        assertThat(frontEnd.ask(FrontEnd.GET_FEATURES, NOTHING)).satisfies(reply -> {
            assertThat(reply.flags()).isEqualTo(5);
            assertThat(reply.number64() & GuestNic.USUAL).isEqualTo(GuestNic.USUAL);
        });
        for (int question : new int[] {FrontEnd.GET_PROTOCOL_FEATURES, FrontEnd.GET_QUEUE_NUM, FrontEnd.GET_MAX_MEM_SLOTS,
            FrontEnd.GET_STATUS}) {
            assertThat(frontEnd.ask(question, NOTHING)).satisfies(reply -> {
                assertThat(reply.flags()).isEqualTo(5);
                assertThat(reply.payload().remaining()).isEqualTo(8);
            });
        }
        assertThat(frontEnd.ask(FrontEnd.GET_VRING_BASE, state(1, 0)).flags()).isEqualTo(5);
    }

    @Test
    void aQuestionWithNeedReplyIsAnsweredOnce() {
        replyAck();
        frontEnd.sendFlagged(FrontEnd.GET_FEATURES, VERSION | NEED_REPLY, NOTHING);
        assertThat(frontEnd.reply().number64()).isEqualTo(Features.OFFERED);
        assertThat(frontEnd.isSilentFor(SHORT)).isTrue();
    }

    @Test
    void queuesAreCountedInPairs() {
        assertThat(frontEnd.ask(FrontEnd.GET_QUEUE_NUM, NOTHING).number64()).isEqualTo(8);
    }

    @Test
    void whatSucceedsIsAcknowledgedWhereThatIsAskedForAndAgreed() {
        frontEnd.sendFlagged(FrontEnd.SET_OWNER, VERSION | NEED_REPLY, NOTHING);
        assertThat(frontEnd.isSilentFor(SHORT)).as("not agreed yet").isTrue();
        replyAck();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_OWNER, NOTHING)).isZero();
        assertThat(frontEnd.acknowledged(FrontEnd.RESET_OWNER, NOTHING)).isZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_STATUS, u64(15))).isZero();
        assertThat(frontEnd.ask(FrontEnd.GET_STATUS, NOTHING).number64()).isEqualTo(15);
        assertThat(frontEnd.acknowledged(FrontEnd.NET_SET_MTU, u64(1500))).isZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SEND_RARP, u64(0x0100_0000_0002L))).isZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_NUM, state(0, 256))).isZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_BASE, state(0, 7))).isZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_ENABLE, state(0, 1))).isZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_ERR, u64(0x100))).isZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_CALL, u64(0x100))).isZero();
    }

    @Test
    void whatFailsIsSaidWhereThatIsAskedForAndTheConnectionStays() {
        replyAck();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_FEATURES, u64(1L << 10))).as("UFO was not offered").isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_PROTOCOL_FEATURES, u64(1L << 9))).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_NUM, state(0, 100))).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_NUM, state(0, 0))).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_NUM, state(0, 65536))).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_NUM, state(16, 256))).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_BASE, state(-1, 0))).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_ENABLE, state(16, 1))).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_KICK, u64(0))).as("without a descriptor").isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_KICK, u64(0x101))).as("a transmit ring nobody calls for").isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_CALL, u64(200))).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.NET_SET_MTU, u64(67))).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.NET_SET_MTU, u64(65536))).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.table(0, 4096, 0, 0))).as("no descriptor").isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.REM_MEM_REG, FrontEnd.region(0, 4096, 0, 0))).as("not there").isNotZero();
        assertAlive();
    }

    @Test
    void aPayloadOfTheWrongSizeIsNotRead() {
        replyAck();
        for (int request = FrontEnd.SET_FEATURES; request <= FrontEnd.SET_STATUS; request++) {
            Request known = Request.of(request);
            if (known == null || Session.isAnswered(known) || known == Request.SET_OWNER || known == Request.RESET_OWNER
                    || known == Request.SET_LOG_FD) {
                continue;
            }
            for (int size : new int[] {0, 1, 7, 9, 39, 41, 4096}) {
                assertThat(frontEnd.acknowledged(request, new byte[size])).as(known + " of " + size).isNotZero();
            }
        }
        assertAlive();
    }

    @Test
    void aMessageThatWeDoNotKnowIsRefusedOrEndsTheConnection() {
        replyAck();
        assertThat(frontEnd.acknowledged(FrontEnd.GET_CONFIG, new byte[64])).isNotZero();
        try (Fd fd = EventFd.create()) {
            assertThat(frontEnd.acknowledged(21, u64(0), fd)).as("with a descriptor").isNotZero();
        }
        assertThat(frontEnd.acknowledged(0, NOTHING)).isNotZero();
        assertThat(frontEnd.acknowledged(-1, NOTHING)).isNotZero();
        assertThat(frontEnd.acknowledged(1000, NOTHING)).isNotZero();
        frontEnd.send(FrontEnd.GET_CONFIG, new byte[64]);
        assertCutOff("message 24");
    }

    @Test
    void anotherVersionEndsTheConnection() {
        frontEnd.sendFlagged(FrontEnd.GET_FEATURES, 2, NOTHING);
        assertCutOff("version");
    }

    @Test
    void aMessageThatIsTooLongEndsTheConnection() {
        for (int size : new int[] {4097, Integer.MAX_VALUE, -1, Integer.MIN_VALUE, -12, Integer.MAX_VALUE - 11}) {
            frontEnd.raw(ByteBuffer.allocate(12).order(ByteOrder.nativeOrder()).putInt(1).putInt(1).putInt(size).array());
            assertCutOff("expected at most 4096");
            again();
        }
    }

    @Test
    void aMessageMayComeInPieces() {
        byte[] message = FrontEnd.message(FrontEnd.SET_VRING_NUM, VERSION, state(3, 128));
        for (byte each : message) {
            frontEnd.raw(new byte[] {each});
        }
        assertAlive();
        byte[] two = Arrays.copyOf(FrontEnd.message(FrontEnd.GET_FEATURES, VERSION, NOTHING), 24);
        System.arraycopy(FrontEnd.message(FrontEnd.GET_QUEUE_NUM, VERSION, NOTHING), 0, two, 12, 12);
        frontEnd.raw(two);
        assertThat(frontEnd.reply().number()).isEqualTo(FrontEnd.GET_FEATURES);
        assertThat(frontEnd.reply().number()).isEqualTo(FrontEnd.GET_QUEUE_NUM);
    }

    @Test
    void halfAMessageAndThenTheEndLeavesNothing() {
        assertAlive();
        try (Fd fd = EventFd.create()) {
            frontEnd.raw(Arrays.copyOf(FrontEnd.message(FrontEnd.SET_VRING_KICK, VERSION, u64(1)), 15), fd, fd, fd);
        }
        // Or it is waiting yet, and has not heard of this front-end at all.
        lan.await(1, PortStatus.CONNECTED);
        frontEnd.close();
        assertThat(lan.await(1, PortStatus.WAITING).reason()).contains("closed");
        frontEnd = FrontEnd.connect(lan.socket(1));
        assertAlive();
    }

    @Test
    void surplusDescriptorsAreClosed() {
        replyAck();
        assertAlive();
        long before = TestSwitch.openFds();
        try (Fd fd = EventFd.create()) {
            Fd[] many = new Fd[20];
            Arrays.fill(many, fd);
            assertThat(frontEnd.acknowledged(FrontEnd.SET_OWNER, NOTHING, many)).isZero();
            assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_CALL, u64(0), many)).isNotZero();
            assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.table(0, 4096, 0, 0), many)).isNotZero();
        }
        // They are closed after the answer, and before the next message.
        assertAlive();
        assertThat(TestSwitch.openFds()).isEqualTo(before);
    }

    @Test
    void whoSendsMoreDescriptorsThanAnyMessageHasIsCutOff() {
        try (Fd fd = EventFd.create()) {
            Fd[] many = new Fd[33];
            Arrays.fill(many, fd);
            frontEnd.raw(new byte[1], many);
            assertCutOff("descriptors");
        }
    }

    @Test
    void descriptorsThatPileUpInPiecesOfAMessageEndTheConnection() {
        try (Fd fd = EventFd.create()) {
            byte[] message = FrontEnd.message(FrontEnd.SET_OWNER, VERSION, new byte[4096]);
            for (int i = 0; i < 40; i++) {
                if (frontEnd.raw(new byte[] {message[i]}, fd) < 0) {
                    break;
                }
            }
            assertCutOff("descriptors");
        }
    }

    @Test
    void onlyAnEventFdIsTakenForCallsAndKicks() throws IOException {
        replyAck();
        try (Fd memory = Fd.memory("m", 4096); Fd zero = Fd.open(Path.of("/dev/zero"), Fd.O_RDWR)) {
            for (Fd fd : new Fd[] {memory, zero}) {
                assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_KICK, u64(1), fd)).isNotZero();
                assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_CALL, u64(1), fd)).isNotZero();
            }
        }
        assertAlive();
    }

    @Test
    void memoryRegionsThatCannotBeAreRefused() {
        replyAck();
        try (Fd file = Fd.memory("m", 8192); Fd event = EventFd.create()) {
            long[][] wrong = {
                {0, 0, 0, 0}, {0, -1, 0, 0}, {0, 8193, 0, 0}, {0, 4096, 0, 4097}, {0, 4096, 0, -1}, {0, Long.MAX_VALUE, 0, 0},
                {0, Long.MAX_VALUE, 0, 1}, {0, 4096, 0, Long.MAX_VALUE}, {0, Long.MIN_VALUE, 0, 0},
            };
            for (long[] region : wrong) {
                assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.table(region), file))
                        .as(Arrays.toString(region)).isNotZero();
                assertThat(frontEnd.acknowledged(FrontEnd.ADD_MEM_REG,
                        FrontEnd.region(region[0], region[1], region[2], region[3]), file)).isNotZero();
            }
            assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.table(0, 4096, 0, 0), event)).isNotZero();
            assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE,
                    FrontEnd.table(0, 8192, 0, 0, 4096, 4096, 0x10_0000, 0), file, file)).as("they overlap").isNotZero();
            assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.table(0, 4096, 0, 0, 4096, 4096, 4096, 4096), file, file))
                    .as("adjacent ones are fine").isZero();
        }
    }

    @Test
    void anOffsetWithinAPageIsTakenAsItIs() {
        replyAck();
        try (Fd file = Fd.memory("m", 16384)) {
            assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.table(0x1000, 100, 0x2000, 4196), file)).isZero();
        }
    }

    @Test
    void memorySlotsComeAndGoAndThereAreNoMoreThanWasSaid() {
        replyAck();
        long most = frontEnd.ask(FrontEnd.GET_MAX_MEM_SLOTS, NOTHING).number64();
        try (Fd file = Fd.memory("m", 4096)) {
            for (int i = 0; i < most; i++) {
                assertThat(frontEnd.acknowledged(FrontEnd.ADD_MEM_REG, FrontEnd.region(i * 4096L, 4096, i * 4096L, 0), file)).isZero();
            }
            assertThat(frontEnd.acknowledged(FrontEnd.ADD_MEM_REG, FrontEnd.region(most * 4096, 4096, most * 4096, 0), file)).isNotZero();
            assertThat(frontEnd.acknowledged(FrontEnd.REM_MEM_REG, FrontEnd.region(4096, 4096, 4096, 0))).isZero();
            assertThat(frontEnd.acknowledged(FrontEnd.REM_MEM_REG, FrontEnd.region(4096, 4096, 4096, 0))).isNotZero();
            assertThat(frontEnd.acknowledged(FrontEnd.REM_MEM_REG, FrontEnd.region(8192, 4096, 0, 0))).as("other bounds").isNotZero();
            assertThat(frontEnd.acknowledged(FrontEnd.ADD_MEM_REG, FrontEnd.region(4096, 4096, 4096, 0), file)).isZero();
        }
        assertAlive();
    }

    @Test
    void aTableOfMoreRegionsThanThereAreSlotsIsRefused() {
        replyAck();
        byte[] table = new byte[8 + 32 * 33];
        ByteBuffer.wrap(table).order(ByteOrder.nativeOrder()).putInt(33);
        assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, table)).isNotZero();
        ByteBuffer.wrap(table).order(ByteOrder.nativeOrder()).putInt(-1);
        assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, table)).isNotZero();
        assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.table())).as("none at all").isZero();
    }

    @Test
    void theLogsBaseIsAlwaysAnswered() {
        try (Fd log = Fd.memory("log", 8192)) {
            FrontEnd.Reply reply = frontEnd.ask(FrontEnd.SET_LOG_BASE, u64(8192, 0), log);
            assertThat(reply.flags()).isEqualTo(5);
            assertThat(reply.payload().remaining()).isZero();
            assertThat(frontEnd.ask(FrontEnd.SET_LOG_BASE, u64(4096, 4096), log).flags()).as("again").isEqualTo(5);
            replyAck();
            frontEnd.sendFlagged(FrontEnd.SET_LOG_BASE, VERSION | NEED_REPLY, u64(8192, 0), log);
            assertThat(frontEnd.reply().number()).isEqualTo(FrontEnd.SET_LOG_BASE);
            assertThat(frontEnd.isSilentFor(SHORT)).isTrue();
            frontEnd.send(FrontEnd.SET_LOG_BASE, u64(8193, 0), log);
            assertCutOff("a log of 8193");
        }
    }

    @Test
    void ringsOutsideOfTheMemoryOrOutOfLineDoNotStart() {
        replyAck();
        try (GuestRam ram = new GuestRam(1 << 20); Fd kick = EventFd.create()) {
            assertThat(frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.table(ram), ram.file)).isZero();
            assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_NUM, state(1, 256))).isZero();
            long base = GuestRam.USER;
            long end = base + ram.size();
            long[][] wrong = {{base, base + 0x8000, end}, {base, end - 100, base + 0x8000}, {end - 16, base, base + 0x8000},
                {GuestRam.GUEST, GuestRam.GUEST + 0x8000, GuestRam.GUEST + 0x10000}, {base, base + 0x8001, base + 0x10000},
                {base, base + 0x8002, base + 0x10000}, {base, base + 0x8000, base + 0x10001}, {-16, -16, -16}};
            for (long[] each : wrong) {
                frontEnd.acknowledged(FrontEnd.SET_VRING_ADDR, FrontEnd.address(1, 0, each[0], each[1], each[2], 0));
                assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_KICK, u64(1), kick)).as(Arrays.toString(each)).isNotZero();
            }
            frontEnd.acknowledged(FrontEnd.SET_VRING_ADDR, FrontEnd.address(1, 0, base, base + 0x8000, base + 0x10000, 0));
            assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_KICK, u64(1), kick)).isZero();
            assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_NUM, state(1, 128))).as("it runs").isNotZero();
            assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_ADDR, FrontEnd.address(1, 0, end, end, end, 0)))
                    .as("a ring that runs can't go outside").isNotZero();
            try (Fd log = Fd.memory("log", 1 << 20)) {
                frontEnd.ask(FrontEnd.SET_LOG_BASE, u64(1 << 20, 0), log);
                frontEnd.ask(FrontEnd.SET_LOG_BASE, u64(1 << 20, 0), log);
            }
        }
    }

    @Test
    void aSecondFrontEndIsRefusedAndTheFirstStays() {
        try (FrontEnd second = FrontEnd.connect(lan.socket(1))) {
            assertThat(second.isClosedSoon()).isTrue();
        }
        assertAlive();
    }

    @Test
    void whoComesAgainIsTakenAtOnceThoughItsOldEndWasNotReadYet() {
        for (int i = 0; i < 200; i++) {
            frontEnd.close();
            frontEnd = FrontEnd.connect(lan.socket(1));
            assertAlive();
        }
    }

    @Test
    void whoDoesNotReadItsAnswersIsCutOffAndNobodyWaitsForIt() {
        byte[] question = FrontEnd.message(FrontEnd.GET_FEATURES, VERSION, NOTHING);
        boolean refused = false;
        for (int i = 0; i < 200_000 && !refused; i++) {
            int sent = frontEnd.raw(question);
            if (sent == -11) {
                Thread.yield();
            } else if (sent < 0) {
                refused = true;
            }
        }
        assertThat(refused).isTrue();
        assertThat(lan.await(1, PortStatus.WAITING).reason()).contains("does not read");
        try (GuestNic other = new GuestNic().up(lan.socket(2))) {
            assertThat(lan.await(2, PortStatus.RUNNING).reason()).isEmpty();
            assertThat(other.frontEnd).isNotNull();
        }
    }

    @Test
    void theSocketIsThereForOwnerAndGroupAlone() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(lan.socket(1))))
                .isEqualTo("rw-rw----");
    }

    @Test
    void theSocketGoesWithThePortButNotTheOneThatASuccessorMade() throws IOException {
        Files.delete(lan.socket(2));
        try (Fd successor = UnixSocket.listen(lan.socket(2))) {
            lan.without(2);
            assertThat(lan.socket(2)).exists();
            assertThat(successor.isOpen()).isTrue();
        }
        Files.delete(lan.socket(2));
        lan.without(1);
        assertThat(lan.socket(1)).doesNotExist();
    }

    @Test
    void aRingThatTheDriverBrokeIsSaidAndWorksAgainAfterARestart() {
        try (GuestNic nic = new GuestNic()) {
            nic.up(lan.socket(2));
            lan.await(2, PortStatus.RUNNING);
            nic.tx.index(nic.tx.availableIndex() + 1000);
            nic.signal(nic.txKick);
            assertThat(lan.await(2, PortStatus.FAILED).reason()).contains("jumped");
            nic.frontEnd.ask(FrontEnd.GET_VRING_BASE, state(0, 0));
            nic.frontEnd.ask(FrontEnd.GET_VRING_BASE, state(1, 0));
            nic.reset();
            nic.startRings(0, 0);
            nic.settle();
            assertThat(lan.await(2, PortStatus.RUNNING).reason()).isEmpty();
        }
    }

    @Test
    void ringsMayLieAnywhereInTheMemoryAndBeOfAnySize() {
        try (GuestRam ram = new GuestRam(1 << 21); Fd kick = EventFd.create()) {
            replyAck();
            frontEnd.acknowledged(FrontEnd.SET_MEM_TABLE, FrontEnd.table(ram), ram.file);
            for (int size : new int[] {1, 2, 1024, 32768}) {
                assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_NUM, state(1, size))).isZero();
                long used = GuestRam.USER + ram.size() - (6 + 8L * size) & -4L;
                long available = used - (6 + 2L * size) & -2L;
                long table = available - 16L * size;
                assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_ADDR, FrontEnd.address(1, 0, table, used, available, 0))).isZero();
                assertThat(frontEnd.acknowledged(FrontEnd.SET_VRING_KICK, u64(1), kick)).as("size " + size).isZero();
                assertThat(frontEnd.ask(FrontEnd.GET_VRING_BASE, state(1, 0)).payload().getInt(4)).isZero();
            }
        }
    }

    @Test
    void aRegionThatGoesAndComesBackLosesNothingThatWasSentMeanwhile() throws InterruptedException {
        lan.with(3);
        try (GuestNic one = new GuestNic().up(lan.socket(2)); GuestNic other = new GuestNic().up(lan.socket(3))) {
            byte[] region = FrontEnd.region(GuestRam.GUEST, one.ram.size(), GuestRam.USER, 0);
            for (int round = 0; round < 50; round++) {
                assertThat(one.frontEnd.acknowledged(FrontEnd.REM_MEM_REG, region)).isZero();
                assertThat(lan.state(2).status()).isEqualTo(PortStatus.CONNECTED);
                byte[] frame = GuestNic.frame(TestSwitch.mac(3), TestSwitch.mac(2), 60, round);
                assertThat(one.send(frame)).isTrue();
                // The worker is called, finds nothing to look at and sleeps.
                Thread.sleep(1);
                assertThat(one.frontEnd.acknowledged(FrontEnd.ADD_MEM_REG, region, one.ram.file)).isZero();
                assertThat(other.receive(Duration.ofSeconds(5))).isEqualTo(frame);
                assertThat(lan.state(2).status()).isEqualTo(PortStatus.RUNNING);
                byte[] answer = GuestNic.frame(TestSwitch.mac(2), TestSwitch.mac(3), 60, round);
                assertThat(other.send(answer)).isTrue();
                assertThat(one.receive(Duration.ofSeconds(5))).isEqualTo(answer);
            }
        }
    }
}
