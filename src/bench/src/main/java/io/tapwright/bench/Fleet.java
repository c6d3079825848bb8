package io.tapwright.bench;

import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Domains that are alike: domain {@code vmI}'s NIC {@code K} has the tap {@code tK-I} and belongs on bridge {@code brK}.
 *
 * @param domains how many
 * @param nics    of each, and so the number of bridges
 */
record Fleet(int domains, int nics) {

    int size() {
        return domains * nics;
    }

    String domain(int i) {
        return "vm" + i;
    }

    String tap(int i, int nic) {
        return prefix(nic) + i;
    }

    static String prefix(int nic) {
        return "t" + nic + "-";
    }

    static String bridge(int nic) {
        return "br" + nic;
    }

    String mac(int i, int nic) {
        return "52:54:00:%02x:%02x:%02x".formatted(nic, i >> 8 & 255, i & 255);
    }

    String uuid(int i) {
        return "7a707772-6967-4000-8000-%012x".formatted(i + 1);
    }

    /** As small as the test driver takes it. */
    String xml(int i) {
        String interfaces = IntStream.range(0, nics).mapToObj(nic ->
                "<interface type='ethernet'><mac address='" + mac(i, nic) + "'/><target dev='" + tap(i, nic)
                        + "' managed='no'/></interface>").collect(Collectors.joining());
        return "<domain type='test'><name>" + domain(i) + "</name><uuid>" + uuid(i) + "</uuid><memory>8192</memory>"
                + "<os><type>hvm</type></os><devices>" + interfaces + "</devices></domain>";
    }

    void define(Libvirt libvirt) {
        for (int i = 0; i < domains; i++) {
            libvirt.define(domain(i), xml(i));
        }
    }

    void start(Libvirt libvirt) {
        for (int i = 0; i < domains; i++) {
            libvirt.start(domain(i));
        }
    }

    void undefine(Libvirt libvirt) {
        for (int i = 0; i < domains; i++) {
            libvirt.undefine(domain(i));
        }
    }

    /** An agent's configuration for them. */
    String yaml(Duration resyncInterval) {
        StringBuilder yaml = new StringBuilder("""
                tapwright:
                  libvirt: { uri: "%s" }
                  resync-interval: %ds
                  networks:
                    default: { bridge: br-none, create: true }
                """.formatted(BenchLab.uriInside(), resyncInterval.toSeconds()));
        for (int nic = 0; nic < nics; nic++) {
            yaml.append("    n%d: { bridge: %s, create: true }%n".formatted(nic, bridge(nic)));
        }
        yaml.append("  rules:\n");
        for (int nic = 0; nic < nics; nic++) {
            yaml.append("    - { target: \"%s*\", network: n%d }%n".formatted(prefix(nic), nic));
        }
        return yaml.toString();
    }
}
