package io.tapwright.bench.forwarding;

import io.tapwright.bench.Report;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Who takes part. */
final class Peers {

    private Peers() {
    }

    static List<Contender> all(Path root) {
        return List.of(new SwitchContender(root, List.of()), new OvsContender(), new TestpmdContender(), new KernelContender());
    }

    static List<VhostContender> vhost(Path root) {
        return all(root).stream().filter(VhostContender.class::isInstance).map(VhostContender.class::cast).toList();
    }

    /** Those that can run here; the report says of the others why not. */
    static <C extends Contender> List<C> present(Report report, List<C> all) {
        return all.stream().filter(contender -> {
            Optional<String> missing = contender.missing();
            missing.ifPresent(reason -> report.line("skipped: %s: %s%n", contender.title(), reason));
            return missing.isEmpty();
        }).toList();
    }
}
