package io.tapwright.bench;

import io.tapwright.hostnet.LinuxHostNetwork;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.HostAction;
import io.tapwright.testkit.net.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * What it costs to give a NIC its tap: create, attach to a bridge, raise, verify. The contenders take turns, each run in
 * a network namespace of its own; medians of several rounds, after two that do not count.
 *
 * <p>Usage: {@code TapBenchmark TAP_PEER [NICS [ROUNDS]]}, as root, with the compiled {@code tap_peer.c}, and ip in the path.
 */
public final class TapBenchmark {

    private static final double GOAL = 1.3;
    private static final int WARM_UP = 2;

    private TapBenchmark() {
    }

    public static void main(String[] args) throws Exception {
        Path peer = Path.of(args[0]);
        Nics nics = new Nics(args.length > 1 ? Integer.parseInt(args[1]) : 500);
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 5;
        if (!NetworkNamespace.isAvailable()) {
            System.err.println("needs root and /dev/net/tun, to make network namespaces with taps");
            System.exit(1);
        }
        Path directory = Files.createTempDirectory("tapwright-bench");
        try {
            measure(contenders(peer, directory), nics, rounds, directory);
        } finally {
            for (String name : List.of("batch", "script", "cleanup")) {
                Files.deleteIfExists(directory.resolve(name));
            }
            Files.delete(directory);
        }
    }

    private static List<Contender> contenders(Path peer, Path directory) {
        return List.of(
                new Contender.Hostnet(),
                new Contender.Peer(peer, "netlink", "C, the same calls",
                        "tap_peer.c netlink: the same system calls with the same effects as hostnet"),
                new Contender.Peer(peer, "ioctl", "C, ioctls alone",
                        "tap_peer.c ioctl: less, since ioctls can't: no alias, IPv6 stays on"),
                new Contender.IpBatch(directory),
                new Contender.IpProcesses(directory));
    }

    private static void measure(List<Contender> contenders, Nics nics, int rounds, Path directory) throws Exception {
        Map<Contender, List<Run>> runs = new LinkedHashMap<>();
        Run first = null;
        for (int round = 1 - WARM_UP; round <= rounds; round++) {
            for (Contender contender : contenders) {
                Run run = inOwnNamespace(contender, nics, directory);
                if (round > 0) {
                    runs.computeIfAbsent(contender, c -> new ArrayList<>()).add(run);
                } else if (first == null) {
                    first = run;
                }
            }
            System.err.println("round " + round + " of " + rounds + (round > 0 ? "" : " (not counted)") + " done");
        }
        report(runs, first, nics, rounds);
    }

    private static Run inOwnNamespace(Contender contender, Nics nics, Path directory) throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.open()) {
            return namespace.run(() -> {
                try (LinuxHostNetwork network = LinuxHostNetwork.open()) {
                    network.apply(new HostAction.CreateBridge(
                            Nics.BRIDGE, new MacAddress("02:00:00:00:00:01"), Nics.MTU, "tapwright:bench bridge network=bench"));
                }
                Run run = contender.run(namespace, nics);
                removeTaps(namespace, nics, directory);
                return run;
            });
        }
    }

    /** By group, which the kernel does in one go: removing them one by one would still go on in the next run. */
    private static void removeTaps(NetworkNamespace namespace, Nics nics, Path directory) throws IOException {
        StringBuilder commands = new StringBuilder();
        for (int i = 0; i < nics.count(); i++) {
            commands.append("link set dev ").append(Nics.name(i)).append(" group 7\n");
        }
        Path file = Files.writeString(directory.resolve("cleanup"), commands.append("link del group 7\n"));
        namespace.execute("ip", "-batch", file.toString());
    }

    private static void report(Map<Contender, List<Run>> runs, Run first, Nics nics, int rounds) throws IOException {
        System.out.printf("%d NICs on one bridge, medians of %d alternating rounds, microseconds a NIC%n%n", nics.count(), rounds);
        System.out.println("| | create | attach, raise | verify | total | least | most | to C, the same calls | CPU |");
        System.out.println("|---|---|---|---|---|---|---|---|---|");
        double unit = 1000.0 * nics.count();
        List<Contender> contenders = List.copyOf(runs.keySet());
        double same = median(runs.get(contenders.get(1)), Run::totalNanos);
        runs.forEach((contender, all) -> System.out.printf("| %s | %s | %s | %s | %.0f | %.0f | %.0f | %.2f | %s |%n", contender.title(),
                step(all, Run::createNanos, unit), step(all, Run::attachNanos, unit), step(all, Run::verifyNanos, unit),
                median(all, Run::totalNanos) / unit,
                all.stream().mapToLong(Run::totalNanos).min().orElseThrow() / unit,
                all.stream().mapToLong(Run::totalNanos).max().orElseThrow() / unit,
                median(all, Run::totalNanos) / same, step(all, Run::cpuNanos, unit)));
        System.out.printf("%nhostnet's first run, with a cold JVM: %.0f microseconds a NIC%n%n", first.totalNanos() / unit);
        contenders.forEach(c -> System.out.println("- " + c.title() + ": " + c.description()));
        System.out.printf("%nkernel %s, %s, %d CPUs, JDK %s%n", System.getProperty("os.version"), cpu(),
                Runtime.getRuntime().availableProcessors(), Runtime.version());
        double ratio = median(runs.get(contenders.getFirst()), Run::totalNanos) / same;
        System.out.printf("goal: hostnet at most %.1f times C with the same calls: %.2f, %s%n", GOAL, ratio, ratio <= GOAL ? "met" : "missed");
    }

    private static String step(List<Run> runs, ToLongFunction<Run> step, double unit) {
        double median = median(runs, step);
        return median == 0 ? "" : "%.0f".formatted(median / unit);
    }

    private static double median(List<Run> runs, ToLongFunction<Run> value) {
        long[] sorted = runs.stream().mapToLong(value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
    }

    private static String cpu() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(l -> l.startsWith("model name")).findFirst().map(l -> l.replaceFirst(".*:\\s*", ""))
                    .orElse(System.getProperty("os.arch"));
        }
    }
}
