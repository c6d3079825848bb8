package io.tapwright.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.vswitch.driver.DriverRing;
import io.tapwright.vswitch.driver.GuestRam;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SplitRingTest {

    private static final int SIZE = 32;

    private final GuestRam ram = new GuestRam(1 << 18);
    private final SplitRing ring = new SplitRing();
    private DriverRing driver;

    private void start(boolean eventIndex, int index) {
        driver = new DriverRing(ram, 0, SIZE, eventIndex);
        driver.startAt(index);
        ring.start(ram.memory(), SIZE, ram.at(driver.descriptors, 1), ram.at(driver.available, 1), ram.at(driver.used, 1), index,
                eventIndex);
    }

    @AfterEach
    void free() {
        ram.close();
    }

    /** Takes and gives back everything that waits; whether the driver wants to be called. */
    private boolean serve() {
        int waiting = ring.waiting(SIZE);
        for (int i = 0; i < waiting; i++) {
            ring.giveBack(ring.head(i), 0);
        }
        ring.take(waiting);
        return ring.publish();
    }

    @Test
    void onlyOneHasTheLock() {
        assertThat(ring.tryLock()).isTrue();
        assertThat(ring.tryLock()).isFalse();
        ring.unlock();
        assertThat(ring.tryLock()).isTrue();
    }

    @Test
    void whoWaitsForTheLockGetsItOnceItIsFree() throws InterruptedException {
        ring.lock();
        Thread waiter = Thread.ofPlatform().start(() -> {
            ring.lock();
            ring.unlock();
        });
        Thread.sleep(20);
        assertThat(waiter.isAlive()).isTrue();
        ring.unlock();
        waiter.join(5000);
        assertThat(waiter.isAlive()).isFalse();
    }

    @Test
    void withoutEventIndexTheDriverIsCalledUnlessItSaysNo() {
        start(false, 0);
        driver.publish(1, 2);
        assertThat(serve()).isTrue();
        assertThat(serve()).as("nothing new").isFalse();
        driver.doWithoutCalls();
        driver.publish(3);
        assertThat(serve()).isFalse();
        driver.askForCalls();
        driver.publish(4);
        assertThat(serve()).isTrue();
    }

    @Test
    void withEventIndexTheDriverIsCalledWhenItsEventIsPassed() {
        for (int begin : new int[] {0, 0xfff0, 0x7fff}) {
            start(true, begin);
            driver.publish(1, 2, 3);
            assertThat(serve()).as("the first one").isTrue();
            while (driver.take() != null) {
                assertThat(driver.usedIndex()).isEqualTo(begin + 3 & 0xffff);
            }
            assertThat(driver.askForCalls()).isTrue();
            driver.publish(4);
            assertThat(serve()).isTrue();
            driver.publish(5);
            assertThat(serve()).as("the event was passed already").isFalse();
            driver.take();
            driver.take();
            driver.doWithoutCalls();
            driver.publish(6, 7);
            assertThat(serve()).isFalse();
        }
    }

    @Test
    void theDeviceAsksToBeCalledForTheNextHead() {
        for (boolean eventIndex : new boolean[] {false, true}) {
            start(eventIndex, 0xffff);
            driver.wantsKick();
            assertThat(ring.askForCalls()).isTrue();
            driver.publish(1);
            assertThat(driver.wantsKick()).isTrue();
            assertThat(ring.askForCalls()).as("one is there, for which no call may come").isFalse();
            serve();
            ring.doWithoutCalls();
            driver.publish(2);
            assertThat(driver.wantsKick()).isFalse();
            serve();
            assertThat(ring.askForCalls()).isTrue();
            driver.publish(3);
            assertThat(driver.wantsKick()).isTrue();
        }
    }

    @Test
    void aRingGoesOnWhereItStoodInMovedMemory() {
        start(false, 7);
        driver.publish(1, 2, 3);
        assertThat(ring.waiting(2)).isEqualTo(2);
        ring.giveBack(ring.head(0), 0);
        ring.take(1);
        ring.publish();
        assertThat(ring.index()).isEqualTo(8);
        try (GuestRam other = new GuestRam(1 << 18)) {
            other.put(0, ram.bytes(0, 1 << 18));
            DriverRing moved = new DriverRing(other, 0, SIZE, false);
            ring.move(other.memory(), other.at(moved.descriptors, 1), other.at(moved.available, 1), other.at(moved.used, 1));
            assertThat(ring.waiting(SIZE)).isEqualTo(2);
            assertThat(ring.head(0)).isEqualTo(2);
            ring.giveBack(2, 0);
            ring.take(1);
            ring.publish();
            assertThat(moved.usedIndex()).isEqualTo(9);
            assertThat(driver.usedIndex()).isEqualTo(8);
            ring.stop();
            assertThat(ring.index()).isEqualTo(9);
        }
    }

    @Test
    void whatCannotBeARingIsRefused() {
        assertThatThrownBy(() -> ring.start(ram.memory(), 3, 0, 0, 0, 0, false)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ring.start(ram.memory(), 65536, 0, 0, 0, 0, false)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ring.start(ram.memory(), 4, 0, 1, 0, 0, false)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ring.start(ram.memory(), 4, 0, 0, 2, 0, false)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Both sides at once, each sleeping on what the other says: whoever loses a call hangs. */
    @Test
    void noCallIsLostEitherWay() throws InterruptedException {
        for (boolean eventIndex : new boolean[] {false, true}) {
            start(eventIndex, 0xff00);
            int frames = 200_000;
            var toDevice = new Semaphore(0);
            var toDriver = new Semaphore(0);
            var lost = new AtomicReference<String>();
            Thread device = Thread.ofPlatform().start(() -> {
                for (int served = 0; served < frames; ) {
                    int waiting = ring.waiting(SIZE);
                    if (waiting == 0) {
                        if (ring.askForCalls()) {
                            try {
                                if (!toDevice.tryAcquire(5, TimeUnit.SECONDS)) {
                                    lost.set("the device was not called, after " + served);
                                    return;
                                }
                            } catch (InterruptedException e) {
                                return;
                            }
                        }
                        ring.doWithoutCalls();
                        continue;
                    }
                    for (int i = 0; i < waiting; i++) {
                        ring.giveBack(ring.head(i), 0);
                    }
                    ring.take(waiting);
                    served += waiting;
                    if (ring.publish()) {
                        toDriver.release();
                    }
                }
            });
            Random random = new Random(1);
            int posted = 0;
            int back = 0;
            while (back < frames && lost.get() == null) {
                int some = Math.min(random.nextInt(4), Math.min(SIZE - (posted - back), frames - posted));
                for (int i = 0; i < some; i++) {
                    driver.publish(posted++ % SIZE);
                }
                if (some > 0 && driver.wantsKick()) {
                    toDevice.release();
                }
                while (driver.take() != null) {
                    back++;
                }
                if (posted - back == SIZE || posted == frames) {
                    if (driver.askForCalls() && back < posted) {
                        if (!toDriver.tryAcquire(5, TimeUnit.SECONDS)) {
                            lost.set("the driver was not called, after " + back);
                        }
                    }
                    driver.doWithoutCalls();
                }
            }
            device.join();
            assertThat(lost.get()).as("event index: " + eventIndex).isNull();
            assertThat(back).isEqualTo(frames);
        }
    }

    @Test
    void askingForCallsIsLoggedAsWritten() {
        for (boolean eventIndex : new boolean[] {true, false}) {
            assertThat(isUsedRingLogged(eventIndex, ring::askForCalls)).isTrue();
            assertThat(isUsedRingLogged(eventIndex, ring::doWithoutCalls)).as("nothing is written with event index").isEqualTo(!eventIndex);
        }
    }

    private boolean isUsedRingLogged(boolean eventIndex, Runnable work) {
        start(eventIndex, 0);
        try (GuestRam bits = new GuestRam(1 << 20)) {
            ring.log(new DirtyLog(bits.at(0, 1 << 20), 1 << 20));
            work.run();
            ring.log(DirtyLog.OFF);
            long page = GuestRam.guest(driver.used) >>> 12;
            return (bits.bytes(page >>> 3, 1)[0] >> (page & 7) & 1) != 0;
        }
    }
}
