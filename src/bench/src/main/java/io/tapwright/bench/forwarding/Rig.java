package io.tapwright.bench.forwarding;

import io.tapwright.bench.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What all contenders share: two cores, huge pages, the guests, a directory for sockets and logs. Closing it gives all
 * of that back; so does an end by Ctrl-C, which ends what was started, too.
 */
final class Rig implements AutoCloseable {

    /** For the greediest back-end. */
    private static final int MEBIBYTES = 1024;

    private final Path root;
    private final Path directory;
    private final Cores cores;
    private final HugePages pages;
    private final RingGuests rings;
    private final DriverGuests driver;
    private final Path tapTraffic;
    private final Thread onExit = Thread.ofPlatform().unstarted(this::abandon);

    private Rig(Path root, Path directory, Cores cores, HugePages pages, RingGuests rings, DriverGuests driver, Path tapTraffic) {
        this.root = root;
        this.directory = directory;
        this.cores = cores;
        this.pages = pages;
        this.rings = rings;
        this.driver = driver;
        this.tapTraffic = tapTraffic;
    }

    /** @param ports how many guests there will be at most */
    static Rig open(Tools tools, int ports) throws IOException {
        Path directory = Files.createTempDirectory(Path.of("/tmp"), "tw-frames.");
        try {
            Cores cores = Cores.ofMachine();
            DriverGuests driver = DriverGuests.compile(tools, directory, cores);
            RingGuests rings = RingGuests.compile(tools, directory, cores);
            Path tapTraffic = tools.compile("tap_traffic", directory, List.of("-O3"));
            HugePages pages = HugePages.reserve(MEBIBYTES + DriverGuests.mebibytes(ports));
            Rig rig = new Rig(tools.root(), directory, cores, pages, rings, driver, tapTraffic);
            Runtime.getRuntime().addShutdownHook(rig.onExit);
            return rig;
        } catch (IOException | RuntimeException | AssertionError e) {
            delete(directory);
            throw e;
        }
    }

    /** The project's folder. */
    Path root() {
        return root;
    }

    /** For what a contender writes. */
    Path directory() {
        return directory;
    }

    Cores cores() {
        return cores;
    }

    RingGuests rings() {
        return rings;
    }

    DriverGuests driver() {
        return driver;
    }

    Path tapTraffic() {
        return tapTraffic;
    }

    private void abandon() {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        pages.close();
        delete(directory);
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(onExit);
        pages.close();
        delete(directory);
    }

    private static void delete(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path file : (Iterable<Path>) all.sorted(Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
