package io.tapwright.bench;

/**
 * What one run over all NICs took.
 *
 * @param createNanos making the taps; 0 where the steps can't be told apart
 * @param attachNanos attaching and raising them
 * @param verifyNanos reading back
 * @param totalNanos  all of it
 * @param cpuNanos    CPU time of the thread that did it, the kernel's part included; 0 where unknown
 */
record Run(long createNanos, long attachNanos, long verifyNanos, long totalNanos, long cpuNanos) {

    static Run of(long create, long attach, long verify, long cpu) {
        return new Run(create, attach, verify, create + attach + verify, cpu);
    }

    static Run whole(long total) {
        return new Run(0, 0, 0, total, 0);
    }
}
