package io.tapwright.vswitch;

import static io.tapwright.vswitch.driver.TestSwitch.mac;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.QueuePairs;
import io.tapwright.vswitch.driver.TestSwitch;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A guest with several pairs of queues: which flow goes where, and what becomes of it when queues come and go. */
class QueuePairsIT {

    private static final int PAIRS = 4;
    private static final int FLOWS = 64;
    /** Fewer than any queue has room for, even if all went into one. */
    private static final int UNDER_WAY = 128;
    private static final int ROUNDS = 300;
    private static final long PATIENCE = 20_000_000_000L;

    private static final int NOWHERE = -1;

    private final long fdsBefore = TestSwitch.openFds();
    private TestSwitch lan;
    private GuestNic one;
    private QueuePairs many;

    /** The queue in which each flow was seen last. */
    private final int[] queueOf = new int[FLOWS];
    private final int[] sent = new int[FLOWS];
    private final boolean[][] got = new boolean[FLOWS][1 << 16];
    /** The last frame of each flow in each queue. */
    private final int[][] last = new int[PAIRS][FLOWS];

    @BeforeEach
    void up() {
        lan = new TestSwitch().with(1, 2);
        one = new GuestNic().up(lan.socket(1));
        many = new QueuePairs(PAIRS, lan.socket(2));
        lan.await(1, PortStatus.RUNNING);
        lan.await(2, PortStatus.RUNNING);
        Arrays.fill(queueOf, NOWHERE);
        for (int[] queue : last) {
            Arrays.fill(queue, -1);
        }
    }

    @AfterEach
    void down() {
        many.close();
        one.close();
        lan.close();
        assertThat(TestSwitch.openFds()).isEqualTo(fdsBefore);
    }

    @Test
    void everyFlowHasAQueueAndKeepsItsOrderThere() {
        exchange(32_000);

        assertThat(queuesInUse()).containsExactlyInAnyOrder(0, 1, 2, 3);
        for (int queue = 0; queue < PAIRS; queue++) {
            int number = queue;
            assertThat(Arrays.stream(queueOf).filter(q -> q == number).count()).as("flows of queue " + queue)
                    .isBetween(FLOWS / PAIRS / 4L, FLOWS / PAIRS * 3L);
        }
        assertThat(lan.state(2).counters().framesOut()).isEqualTo(32_000);
    }

    @Test
    void queuesThatAreDisabledGetNothingAndTheirFlowsGoToTheOthers() {
        many.enable(2, false);
        many.enable(3, false);
        exchange(4_000);
        assertThat(queuesInUse()).containsExactlyInAnyOrder(0, 1);

        Arrays.fill(queueOf, NOWHERE);
        many.enable(1, false);
        exchange(1_000);
        assertThat(queuesInUse()).containsExactly(0);

        Arrays.fill(queueOf, NOWHERE);
        for (int pair = 1; pair < PAIRS; pair++) {
            many.enable(pair, true);
        }
        exchange(4_000);
        assertThat(queuesInUse()).containsExactlyInAnyOrder(0, 1, 2, 3);
    }

    @Test
    void framesFromEveryTransmitQueueAreForwarded() {
        int[] next = new int[PAIRS];
        int[] expected = new int[PAIRS];
        int frames = 20_000;
        long end = System.nanoTime() + PATIENCE;
        for (int out = 0, in = 0; in < frames && System.nanoTime() < end;) {
            if (out < frames && out - in < UNDER_WAY) {
                int pair = out % PAIRS;
                assertThat(many.send(pair, datagram(1, 2, pair, next[pair]++))).isTrue();
                out++;
            }
            for (byte[] frame = one.poll(); frame != null; frame = one.poll()) {
                int pair = flowOf(frame);
                assertThat(numberOf(frame)).as("of queue " + pair).isEqualTo(expected[pair]++);
                in++;
            }
        }
        assertThat(expected).containsOnly(frames / PAIRS);
        assertThat(lan.state(2).counters().framesIn()).isEqualTo(frames);
    }

    @Test
    void aTransmitQueueThatIsDisabledIsEmptiedAndTheOthersGoOn() {
        many.enable(3, false);
        for (int i = 0; i < 100; i++) {
            assertThat(many.send(3, datagram(1, 2, 3, i))).isTrue();
            assertThat(many.send(0, datagram(1, 2, 0, i))).isTrue();
        }
        long end = System.nanoTime() + PATIENCE;
        for (int in = 0; in < 100 && System.nanoTime() < end;) {
            byte[] frame = one.poll();
            if (frame != null) {
                assertThat(flowOf(frame)).isZero();
                assertThat(numberOf(frame)).isEqualTo(in++);
            }
        }
        assertThat(lan.state(2).counters().framesIn()).isEqualTo(100);
    }

    @Test
    void aQueueThatIsStoppedUnderTrafficCostsTheOthersNothing() {
        exchange(1_000);
        int[] usual = queueOf.clone();
        long lost = 0;
        for (int round = 0; round < ROUNDS; round++) {
            int stopped = 1 + round % (PAIRS - 1);
            for (int i = 0; i < UNDER_WAY; i++) {
                post((round + i) % FLOWS);
            }
            one.kick();
            // Half of the times when the worker wakes, half when it is at it.
            int in = 0;
            long end = System.nanoTime() + PATIENCE;
            while (round % 2 == 0 && in == 0 && System.nanoTime() < end) {
                in = receive(false);
            }
            int base = many.stop(2 * stopped);
            collect(UNDER_WAY - in + lost);
            long now = lan.state(2).counters().drops().get("not-ready");
            for (int flow = 0; flow < FLOWS; flow++) {
                if (usual[flow] != stopped) {
                    assertThat(missing(flow)).as("flow %d of queue %d, while %d was stopped", flow, usual[flow], stopped).isZero();
                }
            }
            lost = now;
            forgive();
            many.start(2 * stopped, base);
        }
        System.out.printf("a queue stopped %d times under traffic: %d of %d frames lost, all of them its own%n",
                ROUNDS, lost, ROUNDS * UNDER_WAY);
        Arrays.fill(queueOf, NOWHERE);
        exchange(1_000);
        assertThat(queueOf).isEqualTo(usual);
    }

    /** Sends frames of all flows and receives them, each once, in its queue, in order. */
    private void exchange(int frames) {
        long end = System.nanoTime() + PATIENCE;
        int in = 0;
        for (int out = 0; in < frames && System.nanoTime() < end;) {
            for (int i = 0; i < 16 && out < frames && out - in < UNDER_WAY; i++) {
                post(out++ % FLOWS);
            }
            one.kick();
            in += receive(true);
        }
        assertThat(in).as("frames received").isEqualTo(frames);
        for (int flow = 0; flow < FLOWS; flow++) {
            assertThat(missing(flow)).as("missing of flow " + flow).isZero();
        }
    }

    private void post(int flow) {
        assertThat(one.post(datagram(2, 1, flow, sent[flow]++))).isTrue();
    }

    /** Takes what has come. @param keepsQueue whether a flow may not change its queue */
    private int receive(boolean keepsQueue) {
        int count = 0;
        for (int queue = 0; queue < many.count(); queue++) {
            for (byte[] frame = many.poll(queue); frame != null; frame = many.poll(queue)) {
                int flow = flowOf(frame);
                int number = numberOf(frame);
                assertThat(frame).isEqualTo(datagram(2, 1, flow, number));
                assertThat(got[flow][number]).as("frame %d of flow %d came before", number, flow).isFalse();
                assertThat(number).as("in flow %d in queue %d", flow, queue).isGreaterThan(last[queue][flow]);
                if (keepsQueue && queueOf[flow] != NOWHERE) {
                    assertThat(queue).as("queue of flow " + flow).isEqualTo(queueOf[flow]);
                }
                got[flow][number] = true;
                last[queue][flow] = number;
                queueOf[flow] = queue;
                count++;
            }
        }
        return count;
    }

    /** Takes frames until as many have come, or were dropped since the beginning, as this. */
    private void collect(long expected) {
        long end = System.nanoTime() + PATIENCE;
        long in = 0;
        long dropped = 0;
        while (in + dropped < expected && System.nanoTime() < end) {
            int now = receive(false);
            in += now;
            if (now == 0) {
                dropped = lan.state(2).counters().drops().get("not-ready");
            }
        }
        assertThat(in + dropped).as("%d received, %d dropped", in, dropped).isEqualTo(expected);
    }

    private int missing(int flow) {
        int missing = 0;
        for (int i = 0; i < sent[flow]; i++) {
            missing += got[flow][i] ? 0 : 1;
        }
        return missing;
    }

    /** What is missing by now was to be. */
    private void forgive() {
        for (int flow = 0; flow < FLOWS; flow++) {
            Arrays.fill(got[flow], 0, sent[flow], true);
        }
    }

    private Set<Integer> queuesInUse() {
        Set<Integer> queues = new HashSet<>();
        Arrays.stream(queueOf).forEach(queues::add);
        return queues;
    }

    /** UDP over IPv4, from a port of each flow's own. */
    private static byte[] datagram(int to, int from, int flow, int number) {
        byte[] frame = GuestNic.frame(mac(to), mac(from), 80, number);
        ByteBuffer.wrap(frame).putShort(12, (short) 0x0800)
                .putInt(14, 0x4500_0042).putInt(18, 0).putInt(22, 0x4011_0000).putInt(26, 0x0a00_0001).putInt(30, 0x0a00_0002)
                .putShort(34, (short) (10_000 + flow)).putShort(36, (short) 7).putInt(38, 0x002e_0000)
                .putInt(42, flow).putInt(46, number);
        return frame;
    }

    private static int flowOf(byte[] frame) {
        return ByteBuffer.wrap(frame).getInt(42);
    }

    private static int numberOf(byte[] frame) {
        return ByteBuffer.wrap(frame).getInt(46);
    }
}
