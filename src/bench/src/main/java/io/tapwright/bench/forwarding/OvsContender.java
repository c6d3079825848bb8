package io.tapwright.bench.forwarding;

import io.tapwright.testkit.lab.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Open vSwitch with DPDK: its own database and daemon in a directory of the rig's, one bridge of the netdev datapath, one
 * forwarding thread. In a network namespace of its own, since it makes a tap for each bridge.
 */
record OvsContender() implements VhostContender {

    private static final Path DAEMON = Path.of("/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk");
    private static final String SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MAC_TABLE = 30_000;
    /**
     * A pool shared by all ports is made when the first guest connects, by trying ever smaller ones: with long frames all
     * memory is gone for a moment, and a second guest that connects just then is refused.
     */
    private static final int PORTS_WITH_OWN_MEMORY = 2;
    private static final int MEBIBYTES = 1024;

    @Override
    public String title() {
        return "OVS-DPDK";
    }

    @Override
    public String description() {
        return "netdev datapath, one dpdkvhostuser port a guest, MAC learning (the NORMAL action, mac-table-size " + MAC_TABLE
                + "), one PMD thread, " + MEBIBYTES + " MiB of huge pages, with two ports per-port-memory, all else as the packages have it";
    }

    @Override
    public String version() {
        return Packages.firstLine(DAEMON.toString(), "--version") + ", " + Packages.version("openvswitch-switch-dpdk");
    }

    @Override
    public Optional<String> missing() {
        return Files.isExecutable(DAEMON) ? Optional.empty() : Optional.of("package openvswitch-switch-dpdk is not installed");
    }

    @Override
    public int mostPorts() {
        return Integer.MAX_VALUE;
    }

    @Override
    public BackEnd start(Rig rig, int ports, int mtu) throws Exception {
        Path directory = Files.createTempDirectory(rig.directory(), "ovs");
        Path database = directory.resolve("conf.db");
        Path remote = directory.resolve("db.sock");
        String path = directory.toString();
        Map<String, String> environment =
                Map.of("OVS_RUNDIR", path, "OVS_LOGDIR", path, "OVS_DBDIR", path, "OVS_SYSCONFDIR", path);
        Command.run(PATIENCE, new byte[0], List.of("ovsdb-tool", "create", database.toString(), SCHEMA)).orThrow();
        List<Daemon> daemons = new ArrayList<>();
        try {
            daemons.addFirst(Daemon.start(directory.resolve("db.log"), environment, List.of("ovsdb-server", database.toString(),
                    "--remote=punix:" + remote, "--unixctl=" + directory.resolve("db.ctl"), "--no-chdir")));
            daemons.getFirst().await("its socket", PATIENCE, () -> Files.exists(remote));
            configure(remote, List.of("--no-wait", "init", "--", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true",
                    "other_config:per-port-memory=" + (ports <= PORTS_WITH_OWN_MEMORY),
                    "other_config:dpdk-socket-mem=" + MEBIBYTES, "other_config:dpdk-socket-limit=" + MEBIBYTES,
                    "other_config:pmd-cpu-mask=0x" + Long.toHexString(1L << rig.cores().backEnd()),
                    "other_config:dpdk-extra=--in-memory --no-pci --no-telemetry"));
            daemons.addFirst(Daemon.start(directory.resolve("switch.log"), environment, rig.cores().onBackEnd(
                    List.of("unshare", "--net", DAEMON.toString(), "unix:" + remote,
                            "--unixctl=" + directory.resolve("switch.ctl"), "--no-chdir"))));
            List<Path> sockets = IntStream.range(0, ports).mapToObj(i -> directory.resolve("p" + i)).toList();
            List<String> commands = new ArrayList<>(List.of("add-br", "br", "--", "set", "Bridge", "br", "datapath_type=netdev",
                    "fail_mode=standalone", "other_config:mac-table-size=" + MAC_TABLE));
            for (Path socket : sockets) {
                String name = socket.getFileName().toString();
                commands.addAll(List.of("--", "add-port", "br", name,
                        "--", "set", "Interface", name, "type=dpdkvhostuser", "mtu_request=" + mtu));
            }
            configure(remote, commands);
            daemons.getFirst().await("its ports", PATIENCE, () -> sockets.stream().allMatch(Files::exists));
            return new BackEnd(daemons, sockets);
        } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
            String said = daemons.isEmpty() ? "" : daemons.getFirst().tail();
            daemons.forEach(Daemon::close);
            throw new IllegalStateException("start OVS-DPDK: " + e.getMessage() + "\n" + said, e);
        }
    }

    private static void configure(Path remote, List<String> arguments) {
        List<String> all = new ArrayList<>(List.of("ovs-vsctl", "--db=unix:" + remote, "--timeout=" + PATIENCE.toSeconds()));
        all.addAll(arguments);
        Command.run(PATIENCE.plusSeconds(5), new byte[0], all).orThrow();
    }
}
