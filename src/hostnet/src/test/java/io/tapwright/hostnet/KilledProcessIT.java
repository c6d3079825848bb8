package io.tapwright.hostnet;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork.Detail;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.TapOwner;
import io.tapwright.testkit.net.InNetworkNamespace;
import io.tapwright.testkit.net.NetworkNamespace;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A process that is killed while it makes devices leaves none without its mark. */
@ExtendWith(InNetworkNamespace.class)
class KilledProcessIT {

    private static final String MARK = "made by a process that was killed";

    /** The process to kill: makes taps and bridges for ever. */
    static final class Maker {
        public static void main(String[] args) {
            try (LinuxHostNetwork network = LinuxHostNetwork.open()) {
                for (int i = 0; ; i++) {
                    network.apply(new HostAction.CreateBridge(
                            new InterfaceName(args[0] + "br" + i), new MacAddress("02:00:00:00:00:01"), 1400, MARK));
                    network.apply(new HostAction.CreateTap(new InterfaceName(args[0] + "tap" + i), false, TapOwner.NOBODY,
                            LinkChange.NONE.mac(new MacAddress("fe:00:00:00:00:01")).alias(MARK).withIpv6Off()));
                }
            }
        }
    }

    @Test
    void everyDeviceIsWholeOrAbsent(NetworkNamespace namespace) throws Exception {
        try (LinuxHostNetwork network = LinuxHostNetwork.open()) {
            for (char round = 'a'; round < 'f'; round++) {
                Process maker = namespace.start(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                        Maker.class.getName(), Character.toString(round));
                InterfaceName tenth = new InterfaceName(round + "tap9");
                while (network.link(tenth).isEmpty()) {
                    assertThat(maker.isAlive()).isTrue();
                }
                maker.destroyForcibly().waitFor();
            }

            List<Link> made = network.links(Detail.STATE).stream().filter(l -> !l.name().text().equals("lo")).toList();
            // Of each round ten bridges and nine taps: the tenth tap may be gone with its maker, which had not made it persistent.
            assertThat(made).hasSizeGreaterThanOrEqualTo(5 * 19).allSatisfy(link -> {
                assertThat(link.alias()).isEqualTo(MARK);
                assertThat(link.isBridge() ? link.up() && link.mtu() == 1400 : link.ipv6Disabled()
                        && link.tun().orElseThrow().persistent()).as(link.toString()).isTrue();
            });
        }
    }
}
