package io.tapwright.bench.forwarding;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** DPDK's vhost library moving frames and looking at none: what a switch that copies twice can reach at best. */
record TestpmdContender() implements VhostContender {

    private static final Path PROGRAM = Path.of("/usr/bin/dpdk-testpmd");
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int MEBIBYTES = 512;
    private static final int BUFFERS = 65_536;

    @Override
    public String title() {
        return "DPDK vhost, no lookup";
    }

    @Override
    public String description() {
        return "dpdk-testpmd, net_vhost ports, io forwarding from each port of a pair to the other, one forwarding thread, bursts of 32, "
                + MEBIBYTES + " MiB of huge pages";
    }

    @Override
    public String version() {
        return Packages.version("dpdk");
    }

    @Override
    public Optional<String> missing() {
        return Files.isExecutable(PROGRAM) ? Optional.empty() : Optional.of("package dpdk is not installed");
    }

    /** RTE_MAX_ETHPORTS, as Debian builds it. */
    @Override
    public int mostPorts() {
        return 32;
    }

    @Override
    public BackEnd start(Rig rig, int ports, int mtu) throws Exception {
        Path directory = Files.createTempDirectory(rig.directory(), "testpmd");
        List<Path> sockets = IntStream.range(0, ports).mapToObj(i -> directory.resolve("p" + i)).toList();
        int core = rig.cores().backEnd();
        List<String> command = new ArrayList<>(List.of(PROGRAM.toString(), "--lcores", "0@" + core + ",1@" + core,
                "--main-lcore", "0", "-m", Integer.toString(MEBIBYTES), "--in-memory", "--no-pci", "--no-telemetry"));
        for (int i = 0; i < ports; i++) {
            command.addAll(List.of("--vdev", "net_vhost" + i + ",iface=" + sockets.get(i)));
        }
        command.addAll(List.of("--", "--forward-mode=io", "--nb-cores=1", "--total-num-mbufs=" + BUFFERS, "--no-lsc-interrupt",
                "--disable-link-check", "--auto-start"));
        Daemon daemon = Daemon.start(directory.resolve("log"), Map.of(), rig.cores().onBackEnd(command));
        try {
            daemon.await("its ports", PATIENCE, () -> sockets.stream().allMatch(Files::exists));
            return new BackEnd(List.of(daemon), sockets);
        } catch (InterruptedException | RuntimeException e) {
            daemon.close();
            throw e;
        }
    }
}
