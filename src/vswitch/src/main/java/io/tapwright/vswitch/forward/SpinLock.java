package io.tapwright.vswitch.forward;

import java.util.concurrent.atomic.AtomicBoolean;

/** A lock that is held for as long as a batch takes, and allocates nothing however many want it. Not reentrant. */
public final class SpinLock {

    private static final int SPINS = 1000;

    private final AtomicBoolean held = new AtomicBoolean();

    public boolean tryLock() {
        return held.compareAndSet(false, true);
    }

    public void lock() {
        for (int spins = 0; !tryLock(); spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    public void unlock() {
        held.setRelease(false);
    }
}
