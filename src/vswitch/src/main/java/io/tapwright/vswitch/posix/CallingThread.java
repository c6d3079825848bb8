package io.tapwright.vswitch.posix;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A thread that calls peers by their eventfds ({@link EventFd#call}), which a {@link Watchdog} can get out of such a call.
 *
 * <p>What a peer gave us is an open file of his as well: he can take O_NONBLOCK from it at any moment (fcntl(2), F_SETFL)
 * and fill its counter, and a write waits from then on (eventfd(2)). The kernel has none that does not, whatever the
 * file's flags: RWF_NOWAIT is for files with a write_iter, which an eventfd lacks (EOPNOTSUPP, Linux 6.18), and another
 * open file of the same counter can't be had (open of /proc/self/fd/N: ENXIO). Asking before each call is another call, and
 * leaves him the moment in between. So a thread says in a word of its own by which descriptor it calls, and a signal ends
 * the call if it waits there.
 */
public final class CallingThread extends Thread {

    private static final VarHandle CALL;

    static {
        try {
            CALL = MethodHandles.lookup().findVarHandle(CallingThread.class, "call", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final long NONE = -1;
    private static final long DEAD = 0;

    private final Object life = new Object();
    /** The C library's name of this thread while it lives, with {@link #life}: that of one that has ended is not to be used. */
    private long self = DEAD;
    /** Of the call that is under way, its number above its descriptor's, or {@link #NONE}. This thread's, read by the watchdog. */
    private long call = NONE;
    private long calls;
    /** The last call that had to wait, as far as the watchdog has found it waiting. */
    private volatile long caught = NONE;

    /** A daemon, which is not started yet. */
    public CallingThread(String name, Runnable work) {
        super(work, name);
        setDaemon(true);
    }

    @Override
    public void run() {
        live(LibC.pthreadSelf());
        try {
            super.run();
        } finally {
            live(DEAD);
        }
    }

    private void live(long name) {
        synchronized (life) {
            self = name;
        }
    }

    /** A call begins. This thread. */
    void begin(int fd) {
        CALL.setRelease(this, ++calls << 32 | fd);
    }

    /** It has ended, this way or that; true if it was caught waiting. This thread. */
    boolean end() {
        long ended = call;
        CALL.setRelease(this, NONE);
        return caught == ended;
    }

    /** Ends a call that waits. The watchdog's thread. */
    void look() {
        long now = (long) CALL.getAcquire(this);
        // Whoever calls sees to it that the descriptor stays open until the call has ended: it was, if it has not even now.
        if (now != NONE && EventFd.isFull((int) now) && (long) CALL.getAcquire(this) == now) {
            caught = now;
            synchronized (life) {
                if (self != DEAD) {
                    // If the call has just ended, this is as well: no other of such a thread's minds an EINTR.
                    LibC.pthreadKill(self, Watchdog.SIGNAL);
                }
            }
        }
    }
}
