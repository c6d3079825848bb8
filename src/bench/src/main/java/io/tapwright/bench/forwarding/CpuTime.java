package io.tapwright.bench.forwarding;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a process's threads had of the cores, by {@code /proc/PID/task/TID/schedstat}.
 *
 * @param threads for each, by its number
 */
record CpuTime(Map<Long, Thread> threads) {

    /** In /proc/stat, after the core's name: user, nice, system, idle, iowait, irq, softirq, steal; in USER_HZ. */
    private static final int STEAL_FIELD = 8;
    private static final long TICK_NANOS = 10_000_000;

    /**
     * One thread's, since it began.
     *
     * @param ranNanos    on a core
     * @param waitedNanos ready to run, while others had the core
     */
    record Thread(long ranNanos, long waitedNanos) {
    }

    static CpuTime of(long pid) throws IOException {
        Map<Long, Thread> threads = new HashMap<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path task : (Iterable<Path>) tasks::iterator) {
                try {
                    String[] fields = Files.readString(task.resolve("schedstat")).split(" ");
                    threads.put(Long.parseLong(task.getFileName().toString()),
                            new Thread(Long.parseLong(fields[0]), Long.parseLong(fields[1])));
                } catch (NoSuchFileException ended) {
                    threads.remove(Long.parseLong(task.getFileName().toString()));
                }
            }
        }
        return new CpuTime(threads);
    }

    /** What the hypervisor gave to others of a core's time, since the machine began. */
    static long stolenNanos(int core) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/stat"))) {
            return lines.filter(l -> l.startsWith("cpu" + core + " ")).findFirst()
                    .map(l -> Long.parseLong(l.split(" ")[STEAL_FIELD]) * TICK_NANOS).orElseThrow();
        }
    }

    long ranSince(CpuTime earlier) {
        return threads.entrySet().stream()
                .mapToLong(t -> t.getValue().ranNanos() - earlier.threads.getOrDefault(t.getKey(), new Thread(0, 0)).ranNanos()).sum();
    }

    /** How long the busiest thread had to wait for its core. */
    long busiestWaitedSince(CpuTime earlier) {
        Map.Entry<Long, Thread> busiest = threads.entrySet().stream()
                .max((a, b) -> Long.compare(ran(a, earlier), ran(b, earlier))).orElseThrow();
        Thread before = earlier.threads.getOrDefault(busiest.getKey(), new Thread(0, 0));
        return busiest.getValue().waitedNanos() - before.waitedNanos();
    }

    private static long ran(Map.Entry<Long, Thread> thread, CpuTime earlier) {
        Thread before = earlier.threads.get(thread.getKey());
        return thread.getValue().ranNanos() - (before == null ? 0 : before.ranNanos());
    }
}
