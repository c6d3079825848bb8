package io.tapwright.hostnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tapwright.hostnet.tun.PretendedQemu;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.TapOwner;
import io.tapwright.testkit.net.InNetworkNamespace;
import io.tapwright.testkit.net.NetworkNamespace;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who may open a tap, asked by processes of several users. */
@ExtendWith(InNetworkNamespace.class)
class TapOwnerIT {

    private static final InterfaceName TAP = new InterfaceName("vnet0");

    @BeforeEach
    void needsSetpriv() {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "needs setpriv (package util-linux)");
    }

    @Test
    void theOwnerMayAndNobodyElse(NetworkNamespace namespace) {
        create(new TapOwner(54321, -1));

        assertThat(openAs(namespace, 54321, 54321)).isEmpty();
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> openAs(namespace, 54322, 54321))
                .withMessageContaining("EPERM (TUNSETIFF)");
    }

    @Test
    void whoHasOwnerAndGroupMay(NetworkNamespace namespace) {
        create(new TapOwner(54321, 54321));

        assertThat(openAs(namespace, 54321, 54321)).isEmpty();
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> openAs(namespace, 54322, 54322))
                .withMessageContaining("EPERM (TUNSETIFF)");
    }

    private static void create(TapOwner owner) {
        try (LinuxHostNetwork network = LinuxHostNetwork.open()) {
            network.apply(new HostAction.CreateTap(TAP, false, owner, LinkChange.NONE));
        }
    }

    /** CAP_DAC_OVERRIDE alone lets the process open /dev/net/tun where only root may; about the tap it says nothing. */
    private static String openAs(NetworkNamespace namespace, int uid, int gid) {
        return namespace.execute("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups",
                "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), PretendedQemu.class.getName(), TAP.text());
    }
}
