package io.tapwright.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Lab;

/** Labs and configurations that several tests use. */
final class Labs {

    /** Three networks whose bridges the agent makes; short intervals, so that tests need not wait for the timer. */
    static final String THREE_NETWORKS = """
            tapwright:
              resync-interval: 2s
              reaper-grace: 3s
              networks:
                default: { bridge: br-def, create: true, address: [10.10.0.1/24, "fd00:10::1/64"] }
                blue: { bridge: br-blue, create: true, address: [10.20.0.1/24] }
                green: { bridge: br-green, create: true, address: [10.30.0.1/24], mtu: 9000 }
              rules:
                - { domain: "ruled-*", network: blue }
                - { mac: "52:54:00:bb", network: green }
                - { target: "dmz*", network: green }
            """;

    private Labs() {
    }

    /** A lab, or a skipped test that says why there is none. */
    static Lab up(boolean withHook) {
        assumeNoObstacle();
        return Lab.up(withHook);
    }

    /** A lab with the hook, and with a QEMU that keeps a guest's memory whole as it moves. */
    static Lab upForMigration() {
        assumeNoObstacle();
        Result qemu = Lab.fetchQemu();
        assumeTrue(qemu.ok(), qemu.err());
        return Lab.up(true, qemu.out().strip());
    }

    private static void assumeNoObstacle() {
        String obstacle = Lab.obstacle();
        assumeTrue(obstacle.isEmpty(), obstacle);
    }
}
