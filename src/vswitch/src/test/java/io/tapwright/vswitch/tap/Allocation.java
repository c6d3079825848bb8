package io.tapwright.vswitch.tap;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/** What a thread has taken from the heap. */
final class Allocation {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    /** After so many at most all that matters is compiled; until then the interpreter allocates where the compiler does not. */
    private static final int ROUNDS = 20;

    private Allocation() {
    }

    interface Work {
        void run() throws Exception;
    }

    /**
     * Of some thousand frames or more: less than one object for each. The rest is calls of epoll_wait, some a millisecond at most, of which each takes the 40 bytes
     * of a MemorySegment for errno (SharedUtils.checkCaptureSegment of the JDK) where the compiler does not see through it.
     */
    static final long NOTHING_FOR_FRAMES = 20_000;

    /** Does some work again and again until a thread allocates next to nothing at it; how many bytes it took at the last. */
    static long whenWarm(String thread, Work work) throws Exception {
        long taken = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS && taken > NOTHING_FOR_FRAMES; round++) {
            long before = of(thread);
            work.run();
            taken = of(thread) - before;
        }
        return taken;
    }

    private static long of(String thread) {
        long id = Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
                .filter(info -> info != null && info.getThreadName().equals(thread)).findFirst().orElseThrow().getThreadId();
        return THREADS.getThreadAllocatedBytes(id);
    }
}
