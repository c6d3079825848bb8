package io.tapwright.hostnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import io.tapwright.testkit.net.InNetworkNamespace;
import io.tapwright.testkit.net.NetworkNamespace;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A host whose only way out, eth7, becomes the uplink of a bridge and back, with a neighbour at the other end of the
 * cable, in a namespace of its own, and a network behind the neighbour.
 */
@ExtendWith(InNetworkNamespace.class)
class UplinkIT {

    private static final String MARK = "tapwright-test-uplink-blue";
    private static final int CYCLES = 5;
    /** What may get lost at a change, of 200 packets a second: those on their way while the kernel takes the port out. */
    private static final int LOST_PER_CHANGE = 3;
    /** The best one counts: more gets lost where the machine has other things to do in the middle of a change. */
    private static final int RUNS = 3;

    private NetworkNamespace host;
    private NetworkNamespace neighbour;
    private LinuxHostNetwork network;
    private LinkRef uplink;
    private LinkRef bridge;
    private final List<Ping> pings = new ArrayList<>();

    @BeforeEach
    void connect(NetworkNamespace namespace) {
        host = namespace;
        neighbour = NetworkNamespace.open();
        network = LinuxHostNetwork.open();
        ip(host, "link add eth7 type veth peer name far");
        ip(host, "link set far netns " + neighbour.path());
        for (String command : List.of("link set lo up", "link set far up", "addr add 192.0.2.254/24 dev far",
                "addr add 2001:db8::fe/64 dev far nodad", "addr add 198.51.100.1/32 dev lo", "addr add 2001:db8:1::1/128 dev lo nodad")) {
            ip(neighbour, command);
        }
        for (String command : List.of("link set lo up", "link set eth7 up", "addr add 192.0.2.1/24 brd + dev eth7",
                "addr add 192.0.2.2/24 dev eth7 label eth7:two", "addr add 2001:db8::1/64 dev eth7 nodad",
                "route add default via 192.0.2.254 dev eth7 metric 100 mtu 1400 src 192.0.2.1 proto static",
                "route add 203.0.113.0/24 via 192.0.2.254 dev eth7 table 77 onlink",
                "-6 route add default via 2001:db8::fe dev eth7 metric 50")) {
            ip(host, command);
        }
        network.apply(new HostAction.CreateBridge(new InterfaceName("br0"), new MacAddress("02:00:00:00:00:07"), 1500, "test"));
        uplink = network.link(new InterfaceName("eth7")).orElseThrow().ref();
        bridge = network.link(new InterfaceName("br0")).orElseThrow().ref();
    }

    @AfterEach
    void disconnect() {
        pings.forEach(Ping::end);
        network.close();
        neighbour.close();
    }

    @Test
    void everythingTheOperatorSetMovesAndComesBackAsItWas() {
        String addresses = configured("addr show dev eth7 scope global");
        String routes = routesThrough("eth7");
        assertThat(routes).contains("mtu 1400", "203.0.113.0/24", "default via 2001:db8::fe");

        attach();

        assertThat(network.link(uplink.index()).orElseThrow().altNames()).containsExactly(MARK);
        assertThat(configured("addr show dev eth7 scope global")).isEmpty();
        assertThat(configured("addr show dev br0 scope global")).isEqualTo(addresses);
        assertThat(routesThrough("eth7")).isEmpty();
        assertThat(routesThrough("br0")).isEqualTo(routes);

        detach();

        assertThat(network.link(uplink.index()).orElseThrow().altNames()).isEmpty();
        assertThat(configured("addr show dev eth7 scope global")).isEqualTo(addresses);
        assertThat(routesThrough("eth7")).isEqualTo(routes);
        assertThat(configured("addr show dev br0 scope global")).isEmpty();
        assertThat(routesThrough("br0")).isEmpty();
    }

    @Test
    void pingsGoOnOverTheChangeInBothFamiliesAndThroughTheDefaultRoute() throws Exception {
        host.execute("ping", "-c1", "-W2", "198.51.100.1");
        host.execute("ping", "-c1", "-W2", "2001:db8:1::1");
        int most = Integer.MAX_VALUE;
        for (int run = 0; run < RUNS && most > 2 * CYCLES * LOST_PER_CHANGE; run++) {
            most = mostLostToATarget();
        }
        assertThat(most).as("pings lost to a target, in the best of %d runs", RUNS).isLessThanOrEqualTo(2 * CYCLES * LOST_PER_CHANGE);
    }

    /** Pings go both ways while the uplink changes to and fro. */
    private int mostLostToATarget() throws Exception {
        pings.clear();
        pings.addAll(List.of(new Ping(neighbour, "192.0.2.1"), new Ping(neighbour, "2001:db8::1"),
                new Ping(host, "198.51.100.1"), new Ping(host, "2001:db8:1::1")));
        for (Ping ping : pings) {
            ping.awaitFirst();
        }
        for (int cycle = 0; cycle < CYCLES; cycle++) {
            attach();
            for (Ping ping : pings) {
                ping.awaitMore(20);
            }
            detach();
            for (Ping ping : pings) {
                ping.awaitMore(20);
            }
        }
        int most = 0;
        for (Ping ping : pings) {
            int lost = ping.stop();
            System.out.println("lost " + lost + " of " + ping.sent() + " pings to " + ping.target + " over " + 2 * CYCLES + " changes");
            most = Math.max(most, lost);
        }
        return most;
    }

    @Test
    void whatFailsHalfWayIsPutBack() throws Exception {
        String addresses = configured("addr show dev eth7 scope global");
        String routes = routesThrough("eth7");
        // The kernel refuses IPv6 addresses on the bridge, after the IPv4 ones were moved.
        host.execute("sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/br0/disable_ipv6");

        assertThatExceptionOfType(HostNetworkException.class).isThrownBy(this::attach)
                .withMessageStartingWith("attach uplink eth7 to br0")
                .withMessageContaining("IPv6 is disabled on this device")
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EACCES));

        assertThat(configured("addr show dev eth7 scope global")).isEqualTo(addresses);
        assertThat(routesThrough("eth7")).isEqualTo(routes);
        assertThat(network.link(uplink.index()).orElseThrow().master()).isZero();
        assertThat(network.link(uplink.index()).orElseThrow().altNames()).isEmpty();
        assertThat(configured("addr show dev br0 scope global")).isEmpty();
        host.execute("ping", "-c1", "-W2", "198.51.100.1");
        host.execute("ping", "-c1", "-W2", "2001:db8:1::1");
    }

    @Test
    void aRouteThatAnotherDeviceSharesIsNotTornApart() {
        ip(host, "link add eth8 type veth peer name far8");
        ip(host, "link set eth8 up");
        ip(host, "link set far8 up");
        ip(host, "addr add 192.0.3.1/24 dev eth8");
        ip(host, "route add 10.0.0.0/8 nexthop via 192.0.2.254 dev eth7 nexthop via 192.0.3.254 dev eth8");
        String routes = routesThrough("eth7");

        assertThatExceptionOfType(HostNetworkException.class).isThrownBy(this::attach)
                .withMessageContaining("route 10.0.0.0/8").withMessageContaining("several devices");

        assertThat(routesThrough("eth7")).isEqualTo(routes);
        assertThat(network.link(uplink.index()).orElseThrow().master()).isZero();
    }

    @Test
    void whatWentWithItsBridgeCanBeHadBack() {
        attach();
        var addresses = network.addresses(bridge).stream().filter(a -> !a.isKernelMade()).toList();
        var routes = ownRoutes(bridge);
        network.apply(new HostAction.DeleteLink(bridge));

        network.apply(new HostAction.DetachUplink(uplink, bridge, List.of(MARK), addresses, routes));

        host.execute("ping", "-c1", "-W2", "198.51.100.1");
        host.execute("ping", "-c1", "-W2", "2001:db8:1::1");
        assertThat(network.link(uplink.index()).orElseThrow().altNames()).isEmpty();
    }

    private void attach() {
        network.apply(new HostAction.AttachUplink(uplink, bridge, List.of(MARK), network.addresses(uplink), ownRoutes(uplink)));
    }

    private void detach() {
        network.apply(new HostAction.DetachUplink(uplink, bridge, List.of(MARK), network.addresses(bridge), ownRoutes(bridge)));
    }

    private List<Route> ownRoutes(LinkRef link) {
        return network.routes(link).stream().filter(r -> !r.isKernelMade()).toList();
    }

    /** Addresses as ip shows them, without what differs between devices and between moments. */
    private String configured(String command) {
        return ip(host, "-o " + command).lines()
                .map(line -> line.replaceFirst("^\\d+: ", "").replaceAll("\\b(eth7|br0)\\b", "DEV").replaceAll("\\bnodad\\s", "").strip())
                .sorted().reduce("", (a, b) -> a + b + "\n");
    }

    private String routesThrough(String device) {
        return (ip(host, "-4 route show table all dev " + device) + ip(host, "-6 route show table all dev " + device)).lines()
                .filter(line -> !line.contains("proto kernel")).map(String::strip).sorted().reduce("", (a, b) -> a + b + "\n");
    }

    private static String ip(NetworkNamespace namespace, String arguments) {
        return namespace.execute(("ip " + arguments).split(" "));
    }

    /** One that sends 200 packets a second until it is stopped, and then tells how many were lost. */
    private static final class Ping {

        private static final Pattern SUMMARY = Pattern.compile("(\\d+) packets transmitted, (\\d+) received");

        private final String target;
        private final Process process;
        private final BufferedReader output;
        private int sent;

        Ping(NetworkNamespace from, String target) {
            this.target = target;
            process = from.start("ping", "-n", "-i", "0.005", target);
            output = new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
        }

        void awaitFirst() throws Exception {
            awaitMore(1);
        }

        void awaitMore(int answers) throws Exception {
            for (int seen = 0; seen < answers;) {
                String line = output.readLine();
                assertThat(line).as("output of ping " + target).isNotNull();
                if (line.contains("bytes from")) {
                    seen++;
                }
            }
        }

        /** SIGINT makes ping print its summary. */
        int stop() throws Exception {
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
            String rest = String.join("\n", output.lines().toList());
            Matcher summary = SUMMARY.matcher(rest);
            assertThat(summary.find()).as(rest).isTrue();
            sent = Integer.parseInt(summary.group(1));
            return sent - Integer.parseInt(summary.group(2));
        }

        void end() {
            process.destroyForcibly();
        }

        int sent() {
            return sent;
        }
    }
}
