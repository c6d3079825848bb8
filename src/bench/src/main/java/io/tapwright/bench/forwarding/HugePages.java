package io.tapwright.bench.forwarding;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Huge pages for as long as it is open; then there are as many as before. */
final class HugePages implements AutoCloseable {

    private static final Path COUNT = Path.of("/proc/sys/vm/nr_hugepages");
    private static final Path COMPACT = Path.of("/proc/sys/vm/compact_memory");
    private static final int MEBIBYTES = 2;
    private static final int ATTEMPTS = 5;

    private final long before;
    private final long during;

    private HugePages(long before, long during) {
        this.before = before;
        this.during = during;
    }

    /** @throws IllegalStateException where the kernel has no room for so many, or they are not of 2 MiB */
    static HugePages reserve(int mebibytes) throws IOException {
        if (meminfo("Hugepagesize") != MEBIBYTES * 1024L) {
            throw new IllegalStateException("reserve huge pages: they have " + meminfo("Hugepagesize") + " KiB, not 2048");
        }
        long before = Long.parseLong(Files.readString(COUNT).strip());
        long missing = Math.max(0, (mebibytes + MEBIBYTES - 1) / MEBIBYTES - meminfo("HugePages_Free"));
        HugePages pages = new HugePages(before, missing == 0 ? before : raise(before + missing));
        long free = meminfo("HugePages_Free") * MEBIBYTES;
        if (free < mebibytes) {
            pages.close();
            throw new IllegalStateException("reserve " + mebibytes + " MiB of huge pages: the kernel has room for " + free);
        }
        return pages;
    }

    /** Asks again where the kernel finds less: it gives up early while others allocate. */
    private static long raise(long wanted) throws IOException {
        long there = 0;
        for (int i = 0; i < ATTEMPTS && there < wanted; i++) {
            Files.writeString(COMPACT, "1");
            Files.writeString(COUNT, Long.toString(wanted));
            there = Long.parseLong(Files.readString(COUNT).strip());
        }
        return there;
    }

    private static long meminfo(String field) throws IOException {
        try (var lines = Files.lines(Path.of("/proc/meminfo"))) {
            return lines.filter(l -> l.startsWith(field + ":")).findFirst().map(l -> Long.parseLong(l.replaceAll("\\D", "")))
                    .orElseThrow(() -> new IllegalStateException("reserve huge pages: the kernel has none"));
        }
    }

    /** Leaves them alone where somebody else has changed the number meanwhile. */
    @Override
    public void close() {
        try {
            if (Long.parseLong(Files.readString(COUNT).strip()) == during) {
                Files.writeString(COUNT, Long.toString(before));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
