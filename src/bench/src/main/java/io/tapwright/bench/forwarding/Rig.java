package io.tapwright.bench.forwarding;

import io.tapwright.bench.Tools;
import io.tapwright.testkit.lab.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What all contenders share: two cores, huge pages, the generator, a directory for sockets and logs. Closing it gives all
 * of that back; so does an end by Ctrl-C, which ends what was started, too.
 */
final class Rig implements AutoCloseable {

    /** For the greediest back-end. */
    private static final int MEBIBYTES = 1024;
    private static final String TAP_TRAFFIC = "tap_traffic";
    private static final String DISTANCE = "distance";

    private final Path root;
    private final Path directory;
    private final Cores cores;
    private final HugePages pages;
    private final RingGuests rings;
    private final DriverGuests driver;
    private final Thread onExit = Thread.ofPlatform().unstarted(this::abandon);

    private Rig(Path root, Path directory, Cores cores, HugePages pages, RingGuests rings, DriverGuests driver) {
        this.root = root;
        this.directory = directory;
        this.cores = cores;
        this.pages = pages;
        this.rings = rings;
        this.driver = driver;
    }

    /** @param ports how many guests there will be at most */
    static Rig open(Tools tools, int ports) throws IOException {
        Path directory = Files.createTempDirectory(Path.of("/tmp"), "tw-frames.");
        try {
            Cores cores = Cores.ofMachine();
            DriverGuests driver = DriverGuests.compile(tools.source("c/traffic"), directory, cores);
            for (String program : List.of(TAP_TRAFFIC, DISTANCE)) {
                Command.run(Duration.ofMinutes(1), new byte[0], List.of("cc", "-O3", "-pthread", "-o", directory.resolve(program).toString(),
                        tools.source("c/" + program + ".c").toString())).orThrow();
            }
            Rig rig = new Rig(tools.root(), directory, cores, HugePages.reserve(MEBIBYTES + DriverGuests.mebibytes(ports)),
                    RingGuests.compile(tools.source("c/rings"), directory, cores), driver);
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
        return directory.resolve(TAP_TRAFFIC);
    }

    Path distance() {
        return directory.resolve(DISTANCE);
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
