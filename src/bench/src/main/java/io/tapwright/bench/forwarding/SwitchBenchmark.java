package io.tapwright.bench.forwarding;

import io.tapwright.bench.Benchmark;
import io.tapwright.bench.Figures;
import io.tapwright.bench.Report;
import io.tapwright.bench.Tools;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Frames a second from one guest to another, side by side; the contenders take turns, medians of several rounds. */
public final class SwitchBenchmark implements Benchmark {

    private static final List<Load> LOADS = List.of(Load.between(64), Load.between(1500), Load.between(9000));
    private static final List<Double> GOALS = List.of(1.2, 1.0, 1.0);

    /** Who the guests are. */
    public enum Kind {
        /** RingGuests and nothing else, which is faster than any back-end. */
        RINGS("guests that cost next to nothing", Rig::rings),
        /** DPDK's driver for guests, which does what a driver has to do. */
        DRIVER("guests with DPDK's driver", Rig::driver);

        private final String title;
        private final Function<Rig, Traffic> traffic;

        Kind(String title, Function<Rig, Traffic> traffic) {
            this.title = title;
            this.traffic = traffic;
        }
    }

    private final Kind kind;
    private final int rounds;

    public SwitchBenchmark(Kind kind, int rounds) {
        this.kind = kind;
        this.rounds = rounds;
    }

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Switch: frames a second from guest to guest, " + kind.title);
        List<Contender> present = Peers.present(report, Peers.all(tools.root()));
        if (present.isEmpty()) {
            throw new IllegalStateException("there is no contender");
        }
        Samples all = new Samples();
        try (Rig rig = Rig.open(tools, 2)) {
            Traffic traffic = kind.traffic.apply(rig);
            for (int round = 1; round <= rounds; round++) {
                report.progress("round %d of %d", round, rounds);
                for (Load load : LOADS) {
                    for (Contender contender : present) {
                        all.measure(report, rig, traffic, contender, load);
                    }
                }
            }
            parameters(report, rig, traffic, present);
        }
        for (CoreDistance distance : CoreDistance.STEADY) {
            Samples some = all.at(distance);
            report.line("%n### On %s%n", distance.title());
            if (some.isEmpty()) {
                report.line("not measured: the cores never were");
                continue;
            }
            rates(report, some, present);
            details(report, some, present);
            goals(report, some, present);
        }
        report.load();
    }

    private void parameters(Report report, Rig rig, Traffic traffic, List<Contender> present) {
        report.line("medians of %d alternating rounds; one way between two guests, one address each; the size is a frame's without the"
                + " checksum of the wire; only what arrives counts. A hypervisor may exchange the two cores at any time for others: how"
                + " far apart they are is looked at before and after each quarter of a second, or each measurement where the guests"
                + " don't say more, and what was measured near and far is told apart", rounds);
        report.line("%nguests, on core %d: %s", rig.cores().guests(), traffic.description());
        report.line("%nback-ends, all their threads on core %d:%n", rig.cores().backEnd());
        present.forEach(c -> report.line("- %s: %s (%s)", c.title(), c.description(), c.version()));
    }

    private static void rates(Report report, Samples samples, List<Contender> present) {
        report.header(Stream.concat(Stream.of(""), LOADS.stream().flatMap(
                load -> Stream.of(load.size() + " B, M frames/s", "Gbit/s", "to OVS-DPDK"))).toArray(String[]::new));
        for (Contender contender : present) {
            List<Object> cells = new ArrayList<>(List.of(contender.title()));
            for (Load load : LOADS) {
                cells.add(cell("%.2f", samples.median(contender, load, Measurement::megaFrames)));
                cells.add(cell("%.1f", samples.median(contender, load, Measurement::gbitPerSecond)));
                cells.add(cell("%.2f", samples.ratio(contender, OvsContender.class::isInstance, load)));
            }
            report.row(cells.toArray());
        }
    }

    private static String cell(String format, double value) {
        return Double.isNaN(value) ? "" : format.formatted(value);
    }

    private static void details(Report report, Samples samples, List<Contender> present) {
        report.line("%nand how sure that is: rounds, least and most of them in M frames/s; frames that were sent and did not arrive; bursts"
                + " that did not fit into the sender's ring (where that is near 0 %%, the guests' side was the limit, not the"
                + " back-end); the longest that a thread which counts waited for its core, which others had, on this machine or beside it");
        report.header("", "size", "rounds", "least", "most", "lost, %", "bursts refused, %", "waited, %");
        for (Contender contender : present) {
            for (Load load : LOADS) {
                int count = samples.count(contender, load);
                if (count == 0) {
                    continue;
                }
                Figures frames = samples.figures(contender, load, Measurement::megaFrames);
                report.row(contender.title(), load.size(), count, "%.2f".formatted(frames.least()), "%.2f".formatted(frames.most()),
                        "%.2f".formatted(100 * samples.median(contender, load, Measurement::lost)),
                        "%.0f".formatted(100 * samples.median(contender, load, Measurement::refused)),
                        "%.1f".formatted(100 * samples.figures(contender, load, Measurement::waited).most()));
            }
        }
    }

    private static void goals(Report report, Samples samples, List<Contender> present) {
        present.stream().filter(SwitchContender.class::isInstance).forEach(ours -> {
            for (int i = 0; i < LOADS.size(); i++) {
                Load load = LOADS.get(i);
                double ratio = samples.ratio(ours, OvsContender.class::isInstance, load);
                if (Double.isNaN(ratio)) {
                    report.line("%nno goal judged at %d bytes: Tapwright or OVS-DPDK was not measured", load.size());
                } else if (present.stream().filter(VhostContender.class::isInstance).anyMatch(c -> samples.mostlyDisturbed(c, load))) {
                    report.line("%nno goal judged at %d bytes: others had too much of the cores in half of the rounds or more", load.size());
                } else {
                    report.goalAtLeast("frames of " + load.size() + " bytes, to OVS-DPDK's", GOALS.get(i), ratio, "times");
                }
            }
        });
    }
}
