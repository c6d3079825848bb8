package io.tapwright.bench;

import io.tapwright.testkit.lab.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
                var unused = tools.compile(name, tools.programs, List.of("-O2"));
            }
            return tools;
        } catch (IOException | AssertionError e) {
            tools.close();
            throw e;
        }
    }

    public Path source(String name) {
        return root.resolve("src/bench/src/main").resolve(name);
    }

    /**
     * Compiles a C program of this module.
     *
     * @param name    of its only file, without {@code .c}, or of the folder that has all of them
     * @param options of cc, libraries among them
     * @return the program, in the directory by that name
     * @throws AssertionError with what cc said, where it does not compile
     */
    public Path compile(String name, Path directory, List<String> options) throws IOException {
        Path sources = source("c");
        Path program = directory.resolve(name);
        List<String> command = new ArrayList<>(List.of("cc", "-o", program.toString()));
        if (Files.isDirectory(sources.resolve(name))) {
            try (Stream<Path> files = Files.list(sources.resolve(name))) {
                files.map(Path::toString).filter(f -> f.endsWith(".c")).sorted().forEach(command::add);
            }
        } else {
            command.add(sources.resolve(name + ".c").toString());
        }
        // Behind the sources: a library is searched for what those before it lack.
        command.addAll(options);
        Command.run(PATIENCE, new byte[0], command).orThrow();
        return program;
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
