package io.tapwright.bench;

import io.tapwright.hostnet.LinuxHostNetwork;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.testkit.net.NetworkNamespace;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;

/** One way to give NICs their taps, run in a namespace that has a bridge and nothing else. */
sealed interface Contender {

    /** For the table. */
    String title();

    /** What it does for each NIC. */
    String description();

    Run run(NetworkNamespace namespace, Nics nics) throws IOException;

    /** Tapwright's library, from the calling thread, which is the namespace's. */
    record Hostnet() implements Contender {
        @Override
        public String title() {
            return "hostnet (Java)";
        }

        @Override
        public String description() {
            return "create tap with owner, group, address, MTU, alias, IPv6 off; read it; attach and raise; read it again"
                    + " and compare master, state, alias";
        }

        @Override
        public Run run(NetworkNamespace namespace, Nics nics) {
            try (LinuxHostNetwork network = LinuxHostNetwork.open()) {
                int bridge = network.link(Nics.BRIDGE).orElseThrow().index();
                ThreadMXBean threads = ManagementFactory.getThreadMXBean();
                long cpu = threads.getCurrentThreadCpuTime();
                long create = 0;
                long attach = 0;
                long verify = 0;
                for (int i = 0; i < nics.count(); i++) {
                    InterfaceName name = Nics.name(i);
                    long t0 = System.nanoTime();
                    network.apply(new HostAction.CreateTap(name, false, Nics.OWNER,
                            LinkChange.NONE.mac(Nics.mac(i)).mtu(Nics.MTU).alias(Nics.alias(i)).withIpv6Off()));
                    long t1 = System.nanoTime();
                    Link made = network.link(name).orElseThrow();
                    network.apply(new HostAction.ChangeLink(made.ref(), LinkChange.NONE.master(bridge).up(true)));
                    long t2 = System.nanoTime();
                    verify(network, name, i, bridge);
                    create += t1 - t0;
                    attach += t2 - t1;
                    verify += System.nanoTime() - t2;
                }
                return Run.of(create, attach, verify, threads.getCurrentThreadCpuTime() - cpu);
            }
        }

        private static void verify(HostNetwork network, InterfaceName name, int i, int bridge) {
            Link link = network.link(name).orElseThrow();
            if (link.master() != bridge || !link.up() || !link.alias().equals(Nics.alias(i)) || !link.ipv6Disabled()) {
                throw new IllegalStateException(name + " is not as wanted: " + link);
            }
        }
    }

    /** {@code tap_peer.c}. */
    record Peer(Path program, String mode, String title, String description) implements Contender {
        @Override
        public Run run(NetworkNamespace namespace, Nics nics) {
            String[] nanos = namespace.execute(
                    program.toString(), mode, Integer.toString(nics.count()), Nics.BRIDGE.text()).strip().split(" ");
            return Run.of(Long.parseLong(nanos[0]), Long.parseLong(nanos[1]), Long.parseLong(nanos[2]),
                    Long.parseLong(nanos[3]));
        }
    }

    /** One {@code ip} that reads all commands from a file. */
    record IpBatch(Path directory) implements Contender {
        @Override
        public String title() {
            return "ip -batch";
        }

        @Override
        public String description() {
            return "one process for all: ip tuntap add, ip link set (address, MTU, alias), ip link set addrgenmode none"
                    + " (no IPv6 switch there), ip link set (master, up), ip link show";
        }

        @Override
        public Run run(NetworkNamespace namespace, Nics nics) throws IOException {
            StringBuilder commands = new StringBuilder();
            for (int i = 0; i < nics.count(); i++) {
                for (String step : steps(i)) {
                    commands.append(step).append('\n');
                }
            }
            Path file = Files.writeString(directory.resolve("batch"), commands);
            long start = System.nanoTime();
            namespace.execute("ip", "-batch", file.toString());
            return Run.whole(System.nanoTime() - start);
        }

        static String[] steps(int i) {
            String name = Nics.name(i).text();
            return new String[] {
                "tuntap add dev " + name + " mode tap vnet_hdr user " + Nics.OWNER.uid() + " group " + Nics.OWNER.gid(),
                "link set dev " + name + " address " + Nics.mac(i) + " mtu " + Nics.MTU
                        + " alias \"" + Nics.alias(i) + "\" addrgenmode none",
                "link set dev " + name + " master " + Nics.BRIDGE + " up",
                "link show dev " + name};
        }
    }

    /** One {@code ip} for each step of each NIC. */
    record IpProcesses(Path directory) implements Contender {
        @Override
        public String title() {
            return "ip, a process a step";
        }

        @Override
        public String description() {
            return "the same four steps as ip -batch, each in a process of its own, started by a shell";
        }

        @Override
        public Run run(NetworkNamespace namespace, Nics nics) throws IOException {
            StringBuilder script = new StringBuilder("set -e\n");
            for (int i = 0; i < nics.count(); i++) {
                for (String step : IpBatch.steps(i)) {
                    script.append("ip ").append(step).append(" >/dev/null\n");
                }
            }
            Path file = Files.writeString(directory.resolve("script"), script);
            long start = System.nanoTime();
            namespace.execute("sh", file.toString());
            return Run.whole(System.nanoTime() - start);
        }
    }
}
