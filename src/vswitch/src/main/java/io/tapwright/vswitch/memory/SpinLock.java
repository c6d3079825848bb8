package io.tapwright.vswitch.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A lock that is held for as long as a batch takes, and allocates nothing however many want it. Not reentrant.
 *
 * <p>What it guards may extend it: then its word lies beside what is read next.
 */
public class SpinLock {

    private static final int SPINS = 1000;

    private static final VarHandle LOCKED;

    static {
        try {
            LOCKED = MethodHandles.lookup().findVarHandle(SpinLock.class, "locked", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // By LOCKED.
    private int locked;

    public final boolean tryLock() {
        return LOCKED.compareAndSet(this, 0, 1);
    }

    /** Waits for as long as a batch takes. */
    public final void lock() {
        for (int spins = 0; !tryLock(); spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    public final void unlock() {
        LOCKED.setRelease(this, 0);
    }
}
