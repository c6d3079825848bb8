package io.tapwright.testkit.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Kernel, initial file system and command line of the small guest. */
record GuestImage(String kernel, String initrd, String append) {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    static GuestImage build(Path into) {
        Map<String, String> lines = Command
                .run(PATIENCE, new byte[0], List.of(Lab.script("guest"), "build", "--into", into.toString()))
                .orThrow().lines().map(line -> line.split("=", 2)).filter(pair -> pair.length == 2)
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        return new GuestImage(lines.get("kernel"), lines.get("initrd"), lines.get("append"));
    }
}
