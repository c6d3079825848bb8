package io.tapwright.vswitch.vhostuser;

import static io.tapwright.vswitch.driver.TestSwitch.mac;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.frame.Flow;
import io.tapwright.vswitch.frame.FrameBatch;
import io.tapwright.vswitch.frame.NativeFrames;
import io.tapwright.vswitch.virtio.SplitRing;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** A guest with two queues, as a port that frames are sent to. */
class VhostPortTest {

    private final VhostPort port = new VhostPort(new Segment("lan"), () -> { });
    private final Arena arena = Arena.ofShared();
    /** One for each queue, of which only the ring to the guest is used. */
    private final GuestNic[] nics = {new GuestNic(), new GuestNic()};

    @AfterEach
    void free() {
        for (GuestNic nic : nics) {
            nic.close();
        }
        arena.close();
    }

    private void up() {
        port.agree(GuestNic.USUAL);
        for (int i = 0; i < nics.length; i++) {
            GuestNic nic = nics[i];
            port.to(i).queue().ring().start(nic.ram.memory(), nic.rx.size(), nic.ram.at(nic.rx.descriptors, 1),
                    nic.ram.at(nic.rx.available, 1), nic.ram.at(nic.rx.used, 1), 0, true);
            port.to(i).set(true, null);
        }
        port.countReady();
    }

    /** Four frames that all belong into this queue. */
    private FrameBatch framesFor(int queue) {
        FrameBatch batch = new FrameBatch();
        for (int number = 1; batch.count < 4; number++) {
            var frame = NativeFrames.add(batch, arena, GuestNic.frame(mac(1), mac(number), 60, number), 0, 0);
            if (Flow.of(batch, frame) % 2 != queue) {
                batch.count--;
            }
        }
        return batch;
    }

    @Test
    void eachQueueGetsItsFlows() {
        up();
        for (int queue = 0; queue < 2; queue++) {
            port.send(framesFor(queue), IntStream.range(0, 4).toArray(), 4);
        }
        assertThat(nics[0].rx.usedIndex()).isEqualTo(4);
        assertThat(nics[1].rx.usedIndex()).isEqualTo(4);
    }

    @Test
    void aQueueThatGetsNothingIsNotWaitedFor() {
        up();
        for (int queue = 0; queue < 2; queue++) {
            FrameBatch batch = framesFor(queue);
            SplitRing other = port.to(1 - queue).queue().ring();
            other.lock();
            try {
                Assertions.assertTimeoutPreemptively(Duration.ofSeconds(5),
                        () -> port.send(batch, IntStream.range(0, 4).toArray(), 4));
            } finally {
                other.unlock();
            }
            assertThat(nics[queue].rx.usedIndex()).isEqualTo(4);
        }
    }
}
