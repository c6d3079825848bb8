package io.tapwright.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The agent's start on a host whose domains run: with no tap there yet (all have to be made, and QEMU, here
 * {@code tap_holder}, opens each once it is attached), and with every tap in place and in use, as after an update.
 */
final class ScaleBenchmark implements Benchmark {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Fleet fleet;
    private final int rounds;
    private final double goalSeconds;
    private final double goalTimes;

    /** @param goalSeconds from libvirt's connection to the last NIC; NaN for none */
    ScaleBenchmark(Fleet fleet, int rounds, double goalSeconds, double goalTimes) {
        this.fleet = fleet;
        this.rounds = rounds;
        this.goalSeconds = goalSeconds;
        this.goalTimes = goalTimes;
    }

    /**
     * Milliseconds since the start of the process.
     *
     * @param connected libvirt's connection stands, and listing begins
     * @param first     the first NIC is wired
     * @param last      the last NIC is wired
     * @param cpu       the process's CPU time in all, the kernel's part included
     */
    private record Timing(long ready, long connected, long first, long last, long cpu) {

        static Timing of(BenchAgent agent, long ready, Status status, long cpu) {
            long begun = agent.begunMillis();
            return new Timing(ready, status.connected() - begun, status.first() - begun, status.last() - begun, cpu);
        }

        long sinceConnected() {
            return last - connected;
        }
    }

    @Override
    public void run(Report report, Tools tools) throws Exception {
        report.section("Scale: agent start to %d NICs wired, %d domains on %s".formatted(fleet.size(), fleet.domains(),
                fleet.nics() == 1 ? "one bridge" : fleet.nics() + " bridges"));
        List<KernelCost> kernel = new ArrayList<>();
        List<Timing> cold = new ArrayList<>();
        List<Timing> warm = new ArrayList<>();
        try (BenchLab lab = BenchLab.up(tools); Libvirt libvirt = new Libvirt(lab.uri())) {
            for (int i = 0; i < rounds; i++) {
                kernel.add(KernelCost.measure(lab, fleet));
            }
            report.progress("kernel alone: %s", kernel);
            fleet.define(libvirt);
            fleet.start(libvirt);
            for (int i = 0; i < rounds; i++) {
                List<Holder> holders = hold(lab);
                cold.add(start(lab));
                warm.add(start(lab));
                report.progress("round %d: cold %s, warm %s", i + 1, cold.getLast(), warm.getLast());
                holders.forEach(Holder::close);
                removeAll(lab);
            }
        }
        report(report, kernel, cold, warm);
    }

    private List<Holder> hold(BenchLab lab) throws IOException {
        List<Holder> holders = new ArrayList<>();
        for (int nic = 0; nic < fleet.nics(); nic++) {
            holders.add(Holder.start(lab, Fleet.prefix(nic), fleet.domains()));
        }
        return holders;
    }

    private Timing start(BenchLab lab) throws IOException, InterruptedException {
        try (BenchAgent agent = BenchAgent.start(lab, fleet.yaml(Duration.ofHours(1)))) {
            long ready = agent.awaitReady();
            Status status = agent.awaitNics("wired", fleet.size(), PATIENCE);
            return Timing.of(agent, ready, status, agent.cpuTicks() * 10);
        }
    }

    private void removeAll(BenchLab lab) throws IOException {
        StringBuilder commands = new StringBuilder();
        for (int nic = 0; nic < fleet.nics(); nic++) {
            int of = nic;
            IntStream.range(0, fleet.domains())
                    .forEach(i -> commands.append("link set dev ").append(fleet.tap(i, of)).append(" group 7\n"));
        }
        commands.append("link del group 7\n");
        for (int nic = 0; nic < fleet.nics(); nic++) {
            commands.append("link del ").append(Fleet.bridge(nic)).append('\n');
        }
        lab.write("remove", commands.append("link del br-none\n").toString());
        lab.run("ip", "-batch", lab.file("remove").toString());
    }

    private void report(Report report, List<KernelCost> kernel, List<Timing> cold, List<Timing> warm) {
        report.line("medians of %d rounds, milliseconds since the process was started", rounds);
        report.header("", "hook answered", "libvirt connected", "first NIC", "last NIC wired", "connected to last", "first to last",
                "CPU in all");
        row(report, "all taps to be made", cold);
        row(report, "all taps in place and in use", warm);
        double wire = Figures.of(kernel.stream().map(KernelCost::wireMicros).toList()).median() / 1000;
        double own = Figures.of(kernel.stream().map(KernelCost::micros).toList()).median() / 1000;
        report.line("%nthe kernel's own cost, by C with the same calls: %s ms to make, attach, raise and read back (CPU %s ms),"
                + " %s ms with opening each as QEMU does", Report.figure(wire),
                Report.figure(Figures.of(kernel.stream().map(KernelCost::cpuMicros).toList()).median() / 1000), Report.figure(own));
        Figures coldest = Figures.of(cold.stream().map(Timing::sinceConnected).toList());
        Figures warmest = Figures.of(warm.stream().map(Timing::sinceConnected).toList());
        if (!Double.isNaN(goalSeconds)) {
            report.goal("libvirt connected to the last NIC wired, all to be made,", goalSeconds, coldest.median() / 1000, "s");
            report.goal("the same with all in place", goalSeconds, warmest.median() / 1000, "s");
        }
        double work = Figures.of(cold.stream().map(t -> t.last() - t.first()).toList()).median();
        report.goal("from the first NIC to the last, all to be made, in times the kernel's own cost,", goalTimes, work / own, "");
        report.load();
    }

    private static void row(Report report, String title, List<Timing> all) {
        report.row(title, median(all.stream().map(Timing::ready).toList()), median(all.stream().map(Timing::connected).toList()),
                median(all.stream().map(Timing::first).toList()), median(all.stream().map(Timing::last).toList()),
                median(all.stream().map(Timing::sinceConnected).toList()),
                median(all.stream().map(t -> t.last() - t.first()).toList()), median(all.stream().map(Timing::cpu).toList()));
    }

    private static String median(List<Long> values) {
        return Report.figure(Figures.of(values).median());
    }
}
