package io.tapwright.testkit.chaos;

import java.util.Set;

/**
 * A network's bridge as it should be. The thread that does things owns it.
 */
final class Bridge {

    final String network;
    final String name;
    /** Whether the agent makes it, and keeps it. */
    final boolean kept;
    final Set<String> addresses;
    /** That the configuration has, 0 for none. */
    final int configuredMtu;

    boolean present;
    boolean up = true;
    int mtu = 1500;

    Bridge(String network, String name, boolean kept, int configuredMtu, Set<String> addresses) {
        this.network = network;
        this.name = name;
        this.kept = kept;
        this.configuredMtu = configuredMtu;
        this.addresses = Set.copyOf(addresses);
        this.present = kept;
        makeAnew();
    }

    /** What it is like when it has just been made. */
    void makeAnew() {
        present = true;
        up = true;
        mtu = configuredMtu == 0 ? 1500 : configuredMtu;
    }
}
