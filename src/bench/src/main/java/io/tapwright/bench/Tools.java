package io.tapwright.bench;

import io.tapwright.testkit.lab.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is started: the project's scripts and the C programs of this module.
 *
 * @param root     the project's folder
 * @param programs where the compiled C programs lie
 */
public record Tools(Path root, Path programs) implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    static Tools compile(Path root) throws IOException {
        Tools tools = new Tools(root, Files.createTempDirectory("tapwright-bench"));
        try {
            for (String name : List.of("tap_peer", "tap_holder")) {
                Command.run(PATIENCE, new byte[0], List.of("cc", "-O2", "-o", tools.program(name).toString(),
                        tools.source("c/" + name + ".c").toString())).orThrow();
            }
            return tools;
        } catch (AssertionError e) {
            tools.close();
            throw e;
        }
    }

    public Path source(String name) {
        return root.resolve("src/bench/src/main").resolve(name);
    }

    public Path program(String name) {
        return programs.resolve(name);
    }

    public Path deploy(String name) {
        return root.resolve("deploy").resolve(name);
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.list(programs)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.delete(file);
            }
            Files.delete(programs);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
