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

    private final Path root;
    private final Path directory;
    private final Cores cores;
    private final HugePages pages;
    private final Generator generator;
    private final Thread onExit = Thread.ofPlatform().unstarted(this::abandon);

    private Rig(Path root, Path directory, Cores cores, HugePages pages, Generator generator) {
        this.root = root;
        this.directory = directory;
        this.cores = cores;
        this.pages = pages;
        this.generator = generator;
    }

    /** @param ports how many guests there will be at most */
    static Rig open(Tools tools, int ports) throws IOException {
        Path directory = Files.createTempDirectory(Path.of("/tmp"), "tw-frames.");
        try {
            Cores cores = Cores.ofMachine();
            Generator generator = Generator.compile(tools.source("c/traffic"), directory, cores);
            Command.run(Duration.ofMinutes(1), new byte[0], List.of("cc", "-O3", "-o", directory.resolve("tap_traffic").toString(),
                    tools.source("c/tap_traffic.c").toString())).orThrow();
            Rig rig = new Rig(tools.root(), directory, cores, HugePages.reserve(MEBIBYTES + Generator.mebibytes(ports)), generator);
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

    Generator generator() {
        return generator;
    }

    Path tapTraffic() {
        return directory.resolve("tap_traffic");
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
