package io.tapwright.bench.forwarding;

import io.tapwright.testkit.lab.Command;
import java.time.Duration;
import java.util.List;

/** What is installed, for the report. */
final class Packages {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Packages() {
    }

    static String version(String name) {
        return name + " " + firstLine("dpkg-query", "--show", "--showformat=${Version}", name);
    }

    static String firstLine(String... command) {
        Command.Result result = Command.run(PATIENCE, new byte[0], List.of(command));
        return result.ok() ? result.out().strip().lines().findFirst().orElse("") : "unknown";
    }
}
