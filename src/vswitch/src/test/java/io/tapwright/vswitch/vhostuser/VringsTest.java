package io.tapwright.vswitch.vhostuser;

import static io.tapwright.vswitch.driver.FrontEnd.state;
import static io.tapwright.vswitch.driver.TestSwitch.mac;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.vswitch.driver.FrontEnd;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.GuestRam;
import io.tapwright.vswitch.forward.Carrier;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.posix.Fd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The rings as messages start and stop them, without a socket, a loop and a worker. */
class VringsTest {

    private final VhostPort port = new VhostPort(new Segment("lan"), () -> { });
    private final Carrier carrier = new Carrier();
    private final GuestNic nic = new GuestNic();
    /** How often a worker was told to look at a queue. */
    private final Map<FromGuest, Integer> watched = new LinkedHashMap<>();
    private final Session session = new Session(port, new Session.Peers() {
        @Override
        public void watch(FromGuest queue, Fd kick) {
            watched.merge(queue, 1, Integer::sum);
        }

        @Override
        public void unwatch(FromGuest queue) {
            // Who is told again is counted again.
        }

        @Override
        public void announce(VhostPort port, long mac) {
            throw new AssertionError("nobody has moved");
        }
    });

    @AfterEach
    void close() {
        session.close();
        nic.close();
    }

    private void up() {
        FuzzGround.bringUp(session, nic, GuestNic.USUAL);
        assertThat(session.isRunning()).isTrue();
    }

    /** The frames that the guest sends go nowhere: it is alone. */
    private void carry(int frames) {
        for (int i = 0; i < frames; i++) {
            nic.post(GuestNic.frame(mac(9), mac(1), 60, i));
        }
        carrier.carry(port.from(0));
    }

    private ByteBuffer answer(int request, byte[] payload) {
        ByteBuffer bytes = ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder());
        return session.handle(Request.of(request), new Message(request, 1, bytes, new ArrayList<>(List.of()))).orElseThrow();
    }

    private int stop(int ring) {
        return answer(FrontEnd.GET_VRING_BASE, state(ring, 0)).getInt(4);
    }

    private void breakDown(int pair, String why) {
        var ring = port.from(pair).queue().ring();
        ring.lock();
        ring.breakDown(why);
        ring.unlock();
    }

    @Test
    void aRingThatWasBrokenIsForgottenOnceItIsStopped() {
        up();
        FuzzGround.startRing(session, 3, nic.tx, nic.txKick, nic.txCall);
        breakDown(1, "jumped");
        assertThat(session.broken()).hasValueSatisfying(why -> assertThat(why).contains("ring 3").contains("jumped"));
        for (int ring = 0; ring < 4; ring++) {
            stop(ring);
        }
        nic.reset();
        up();
        assertThat(session.broken()).isEmpty();
    }

    @Test
    void aRingThatWasBrokenDoesNotBurdenTheNextFrontEnd() {
        up();
        breakDown(0, "jumped");
        session.close();
        assertThat(session.broken()).isEmpty();
    }

    @Test
    void aBrokenRingSaysHowFarItCame() {
        up();
        carry(3);
        nic.tx.index(nic.tx.availableIndex() + 1000);
        carrier.carry(port.from(0));
        assertThat(session.broken()).isPresent();
        assertThat(stop(1)).isEqualTo(3);
        assertThat(stop(1)).as("asked again").isEqualTo(3);
    }

    private void removeMemory() {
        FuzzGround.handle(session, FrontEnd.REM_MEM_REG, FrontEnd.region(GuestRam.GUEST, nic.ram.size(), GuestRam.USER, 0));
    }

    private void addMemory() {
        FuzzGround.handle(session, FrontEnd.ADD_MEM_REG, FrontEnd.region(GuestRam.GUEST, nic.ram.size(), GuestRam.USER, 0),
                nic.ram.file.duplicate());
    }

    @Test
    void ringsWhoseMemoryGoesAndComesBackGoOnWhereTheyWere() {
        up();
        carry(3);
        removeMemory();
        assertThat(session.isRunning()).isFalse();
        carry(2);
        assertThat(nic.tx.usedIndex()).as("of a ring that has no memory").isEqualTo(3);
        addMemory();
        assertThat(session.isRunning()).isTrue();
        assertThat(watched).as("its worker may be asleep").containsEntry(port.from(0), 2);
        carry(1);
        assertThat(nic.tx.usedIndex()).isEqualTo(6);
        assertThat(port.to(0).isReady()).isTrue();
        assertThat(stop(0)).isZero();
        assertThat(stop(1)).isEqualTo(6);
        removeMemory();
        addMemory();
        assertThat(session.isRunning()).as("what is stopped stays so").isFalse();
    }

    @Test
    void aRingWhoseMemoryStaysRunsThroughTheLossOfAnothers() {
        up();
        try (GuestRam other = new GuestRam(1 << 20)) {
            long guest = 0x9000_0000L;
            long user = 0x6000_0000_0000L;
            FuzzGround.handle(session, FrontEnd.ADD_MEM_REG, FrontEnd.region(guest, other.size(), user, 0), other.file.duplicate());
            FuzzGround.handle(session, FrontEnd.SET_VRING_NUM, state(3, 256));
            FuzzGround.handle(session, FrontEnd.SET_VRING_ADDR, FrontEnd.address(3, 0, user, user + 0x8000, user + 0x10000, 0));
            FuzzGround.handle(session, FrontEnd.SET_VRING_KICK, FrontEnd.u64(3), nic.txKick.duplicate());
            FuzzGround.handle(session, FrontEnd.REM_MEM_REG, FrontEnd.region(guest, other.size(), user, 0));
            assertThat(port.from(1).queue().ring().isUsable()).isFalse();
            assertThat(session.isRunning()).isTrue();
            assertThat(stop(3)).isZero();
        }
    }

    @Test
    void aRingWhoseTableLiesAtAddress0LosesItWithItsMemory() {
        up();
        try (GuestRam other = new GuestRam(1 << 20)) {
            long guest = 0x9000_0000L;
            FuzzGround.handle(session, FrontEnd.ADD_MEM_REG, FrontEnd.region(guest, other.size(), 0, 0), other.file.duplicate());
            FuzzGround.handle(session, FrontEnd.SET_VRING_NUM, state(3, 256));
            FuzzGround.handle(session, FrontEnd.SET_VRING_ADDR, FrontEnd.address(3, 0, 0x10000, 0x8000, 0x18000, 0));
            FuzzGround.handle(session, FrontEnd.SET_VRING_KICK, FrontEnd.u64(3), nic.txKick.duplicate());
            assertThat(port.from(1).queue().ring().isUsable()).isTrue();
            FuzzGround.handle(session, FrontEnd.SET_VRING_ADDR, FrontEnd.address(3, 0, 0, 0x8000, 0x10000, 0));
            assertThat(port.from(1).queue().ring().isUsable()).isTrue();
            FuzzGround.handle(session, FrontEnd.REM_MEM_REG, FrontEnd.region(guest, other.size(), 0, 0));
            assertThat(port.from(1).queue().ring().isUsable()).as("of a ring whose memory is unmapped").isFalse();
        }
    }

    @Test
    void aRingThatWasBrokenStaysSoWhenItsMemoryGoesAndComesBack() {
        up();
        breakDown(0, "jumped");
        removeMemory();
        assertThat(session.broken()).isPresent();
        addMemory();
        assertThat(session.broken()).isPresent();
        assertThat(session.isRunning()).isFalse();
    }

    @Test
    void aKickThatWasRefusedStartsNothingLater() {
        up();
        removeMemory();
        assertThatThrownBy(() -> FuzzGround.handle(session, FrontEnd.SET_VRING_KICK, FrontEnd.u64(1), nic.txKick.duplicate()))
                .isInstanceOf(ProtocolException.class);
        addMemory();
        assertThat(port.from(0).queue().ring().isUsable()).as("nobody would look at it").isFalse();
    }

    @Test
    void whoSaysHowToCallHimIsCalledAlsoBeforeTheRingStarts() {
        FuzzGround.handle(session, FrontEnd.SET_VRING_CALL, FrontEnd.u64(0), nic.rxCall.duplicate());
        assertThat(nic.signalled(nic.rxCall)).as("for what a switch before this one has published").isTrue();
    }

    @Test
    void noRingToTheGuestAsksForCallsSinceNobodyWaitsForThem() {
        try (GuestNic plain = new GuestNic(GuestNic.USUAL & ~GuestNic.EVENT_IDX, 256, 2048, GuestNic.Layout.DIRECT)) {
            FuzzGround.bringUp(session, plain, GuestNic.USUAL & ~GuestNic.EVENT_IDX);
            plain.rx.publish(0);
            assertThat(plain.rx.wantsKick()).isFalse();
            plain.tx.publish(0);
            assertThat(plain.tx.wantsKick()).as("of the ring from the guest, before a worker has looked").isTrue();
        }
    }
}
