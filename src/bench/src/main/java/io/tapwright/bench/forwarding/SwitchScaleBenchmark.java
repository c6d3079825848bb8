package io.tapwright.bench.forwarding;

import io.tapwright.bench.Benchmark;
import io.tapwright.bench.Figures;
import io.tapwright.bench.Report;
import io.tapwright.bench.Tools;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
            report.line("M frames of %d bytes a second, medians of %d alternating rounds. Ports: each pair one way, one address each, all"
                    + " pairs at once; more than 32 ports are two processes of guests that take turns on their core. Addresses: two"
                    + " ports, one way, the addresses of sender and receiver take turns frame by frame (which costs the sender too:"
                    + " DPDK's library, which looks at none, shows how much)", SIZE, rounds);
            table(report, rig, present, "ports", PORTS.stream().map(n -> new Load(SIZE, 1, n, n)).toList(), PORTS);
            table(report, rig, present, "addresses", ADDRESSES.stream().map(n -> new Load(SIZE, 1, 2, n)).toList(), ADDRESSES);
        }
        report.load();
    }

    private void table(Report report, Rig rig, List<VhostContender> present, String what, List<Load> loads, List<Integer> counts)
            throws Exception {
        Map<VhostContender, List<List<Double>>> all = new LinkedHashMap<>();
        present.forEach(c -> all.put(c, loads.stream().<List<Double>>map(l -> new ArrayList<>()).toList()));
        for (int round = 1; round <= rounds; round++) {
            for (int i = 0; i < loads.size(); i++) {
                for (VhostContender contender : present) {
                    if (loads.get(i).ports() > contender.mostPorts()) {
                        continue;
                    }
                    double measured = contender.measure(rig, loads.get(i)).megaFrames();
                    all.get(contender).get(i).add(measured);
                    report.progress("round %d, %d %s, %s: %.2f M frames/s", round, counts.get(i), what, contender.title(), measured);
                }
            }
        }
        List<String> columns = new ArrayList<>(List.of(""));
        counts.forEach(n -> columns.add(n + " " + what));
        report.header(columns.toArray(String[]::new));
        all.forEach((contender, measured) -> {
            List<Object> cells = new ArrayList<>(List.of(contender.title()));
            measured.forEach(m -> cells.add(m.isEmpty() ? "skipped: has not so many" : "%.2f".formatted(Figures.of(m).median())));
            report.row(cells.toArray());
        });
    }
}
