package io.tapwright.bench.forwarding;

import io.tapwright.bench.Benchmark;
import io.tapwright.bench.Report;
import io.tapwright.bench.Tools;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** How frames a second grow with ports and with addresses. */
public final class SwitchScaleBenchmark implements Benchmark {

    private static final int SIZE = 64;
    private static final List<Integer> PORTS = List.of(2, 8, 32, 64);
    private static final List<Integer> ADDRESSES = List.of(2, 100, 1000, 10_000);

    private final int rounds;

    public SwitchScaleBenchmark(int rounds) {
        this.rounds = rounds;
    }

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Switch: with ports, and with addresses");
        List<VhostContender> present = Peers.present(report, Peers.vhost(tools.root()));
        try (Rig rig = Rig.open(tools, PORTS.getLast())) {
            report.line("M frames of %d bytes a second, medians of %d alternating rounds, near and far cores told apart. Ports:"
                    + " each pair one way, one address each, all pairs at once. Addresses: two ports, one way, the addresses of sender"
                    + " and receiver take turns frame by frame%n%nguests: %s", SIZE, rounds, rig.rings().description());
            measure(report, rig, present, "ports", PORTS.stream().map(n -> new Load(SIZE, 1, n, n)).toList(), Load::ports);
            measure(report, rig, present, "addresses", ADDRESSES.stream().map(n -> new Load(SIZE, 1, 2, n)).toList(), Load::macs);
        }
        report.load();
    }

    private void measure(Report report, Rig rig, List<VhostContender> present, String what, List<Load> loads, ToIntFunction<Load> count)
            throws Exception {
        Samples all = new Samples();
        for (int round = 1; round <= rounds; round++) {
            report.progress("%s, round %d of %d", what, round, rounds);
            for (Load load : loads) {
                for (VhostContender contender : present) {
                    if (load.ports() <= contender.mostPorts()) {
                        all.measure(report, rig, rig.rings(), contender, load);
                    }
                }
            }
        }
        List<String> columns = new ArrayList<>(List.of(""));
        loads.forEach(load -> columns.add(count.applyAsInt(load) + " " + what));
        for (CoreDistance distance : CoreDistance.STEADY) {
            Samples some = all.at(distance);
            report.line("%non %s, in brackets the rounds:", distance.title());
            report.header(columns.toArray(String[]::new));
            for (VhostContender contender : present) {
                List<Object> cells = new ArrayList<>(List.of(contender.title()));
                loads.forEach(load -> cells.add(cell(contender, load, some)));
                report.row(cells.toArray());
            }
        }
    }

    private static String cell(VhostContender contender, Load load, Samples samples) {
        if (load.ports() > contender.mostPorts()) {
            return "skipped: has not so many";
        }
        int rounds = samples.count(contender, load);
        return rounds == 0 ? "" : "%.2f (%d)".formatted(samples.median(contender, load, Measurement::megaFrames), rounds);
    }
}
