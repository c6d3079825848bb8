package io.tapwright.bench.forwarding;

import io.tapwright.bench.Benchmark;
import io.tapwright.bench.Figures;
import io.tapwright.bench.Report;
import io.tapwright.bench.Tools;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Frames a second from one guest to another, side by side; the contenders take turns, medians of several rounds. */
public final class SwitchBenchmark implements Benchmark {

    private static final List<Integer> SIZES = List.of(64, 1500, 9000);
    private static final List<Double> GOALS = List.of(1.2, 1.0, 1.0);
    private static final int ATTEMPTS = 3;

    private final int rounds;

    public SwitchBenchmark(int rounds) {
        this.rounds = rounds;
    }

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Switch: frames a second from guest to guest");
        List<Contender> present = Peers.present(report, Peers.all(tools.root()));
        if (present.isEmpty()) {
            throw new IllegalStateException("there is no contender");
        }
        Map<Contender, List<List<Measurement>>> all = new LinkedHashMap<>();
        present.forEach(c -> all.put(c, SIZES.stream().<List<Measurement>>map(s -> new ArrayList<>()).toList()));
        try (Rig rig = Rig.open(tools, 2)) {
            for (int round = 1; round <= rounds; round++) {
                for (int size = 0; size < SIZES.size(); size++) {
                    for (Contender contender : present) {
                        Measurement measured = calm(report, rig, contender, Load.between(SIZES.get(size)));
                        all.get(contender).get(size).add(measured);
                        report.progress("round %d, %d bytes, %s: %.2f M frames/s, waited %.1f %%", round, SIZES.get(size),
                                contender.title(), measured.megaFrames(), 100 * measured.waited());
                    }
                }
            }
            parameters(report, rig, present);
        }
        rates(report, all);
        details(report, all);
        goals(report, all);
        report.load();
    }

    /** Again, where somebody else had the cores too; what comes of the last attempt counts in any case. */
    private static Measurement calm(Report report, Rig rig, Contender contender, Load load) throws Exception {
        Measurement measured = contender.measure(rig, load);
        for (int i = 1; i < ATTEMPTS && measured.disturbed(); i++) {
            report.progress("%s at %d bytes waited %.1f %% for its cores: again", contender.title(), load.size(), 100 * measured.waited());
            measured = contender.measure(rig, load);
        }
        return measured;
    }

    private void parameters(Report report, Rig rig, List<Contender> present) {
        report.line("medians of %d alternating rounds; one way between two guests, one address each; the size is a frame's without the"
                + " checksum of the wire; only what arrives counts", rounds);
        report.line("%nguests, on core %d: %s", rig.cores().guests(), Generator.parameters());
        report.line("%nback-ends, all their threads on core %d:%n", rig.cores().backEnd());
        present.forEach(c -> report.line("- %s: %s (%s)", c.title(), c.description(), c.version()));
    }

    private static void rates(Report report, Map<Contender, List<List<Measurement>>> all) {
        report.header(Stream.concat(Stream.of(""), SIZES.stream().flatMap(
                s -> Stream.of(s + " B, M frames/s", "Gbit/s", "to OVS-DPDK"))).toArray(String[]::new));
        all.forEach((contender, sizes) -> {
            List<Object> cells = new ArrayList<>(List.of(contender.title()));
            for (int size = 0; size < SIZES.size(); size++) {
                cells.add("%.2f".formatted(median(sizes.get(size), Measurement::megaFrames)));
                cells.add("%.1f".formatted(median(sizes.get(size), Measurement::gbitPerSecond)));
                cells.add(ratio(all, contender, size).isNaN() ? "" : "%.2f".formatted(ratio(all, contender, size)));
            }
            report.row(cells.toArray());
        });
    }

    private static void details(Report report, Map<Contender, List<List<Measurement>>> all) {
        report.line("%nand how sure that is: least and most of the rounds in M frames/s; frames that were sent and did not arrive; bursts"
                + " that did not fit into the sender's ring (where that is near 0 %%, the guests' side was the limit, not the"
                + " back-end); the longest that a thread which counts waited for its core, which others had, on this machine or beside it");
        report.header("", "size", "least", "most", "lost, %", "bursts refused, %", "waited, %");
        all.forEach((contender, sizes) -> {
            for (int size = 0; size < SIZES.size(); size++) {
                Figures frames = figures(sizes.get(size), Measurement::megaFrames);
                report.row(contender.title(), SIZES.get(size), "%.2f".formatted(frames.least()), "%.2f".formatted(frames.most()),
                        "%.2f".formatted(100 * median(sizes.get(size), Measurement::lost)),
                        "%.0f".formatted(100 * median(sizes.get(size), Measurement::refused)),
                        "%.1f".formatted(100 * figures(sizes.get(size), Measurement::waited).most()));
            }
        });
    }

    private static void goals(Report report, Map<Contender, List<List<Measurement>>> all) {
        all.keySet().stream().filter(SwitchContender.class::isInstance).forEach(ours -> {
            for (int size = 0; size < SIZES.size(); size++) {
                int of = size;
                if (ratio(all, ours, size).isNaN()) {
                    report.line("%nno goal at %d bytes: OVS-DPDK is not there", SIZES.get(size));
                } else if (all.values().stream().anyMatch(sizes -> mostlyDisturbed(sizes.get(of)))) {
                    report.line("%nno goal judged at %d bytes: others had too much of the cores in half of the rounds or more",
                            SIZES.get(size));
                } else {
                    report.goalAtLeast("frames of " + SIZES.get(size) + " bytes, to OVS-DPDK's", GOALS.get(size),
                            ratio(all, ours, size), "times");
                }
            }
        });
    }

    private static boolean mostlyDisturbed(List<Measurement> rounds) {
        return 2 * rounds.stream().filter(Measurement::disturbed).count() >= rounds.size();
    }

    /** Not a number where OVS-DPDK can't run. */
    private static Double ratio(Map<Contender, List<List<Measurement>>> all, Contender contender, int size) {
        return all.keySet().stream().filter(OvsContender.class::isInstance).findFirst()
                .map(ovs -> median(all.get(contender).get(size), Measurement::framesPerSecond)
                        / median(all.get(ovs).get(size), Measurement::framesPerSecond))
                .orElse(Double.NaN);
    }

    private static double median(List<Measurement> all, ToDoubleFunction<Measurement> value) {
        return figures(all, value).median();
    }

    private static Figures figures(List<Measurement> all, ToDoubleFunction<Measurement> value) {
        return Figures.of(all.stream().map(value::applyAsDouble).toList());
    }
}
