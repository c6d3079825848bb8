package io.tapwright.bench;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.TapOwner;

/** The NICs that every contender gives taps: {@code tap_peer.c} has the same. */
record Nics(int count) {

    static final InterfaceName BRIDGE = new InterfaceName("br0");
    static final TapOwner OWNER = new TapOwner(1001, 1002);
    static final int MTU = 1400;

    static InterfaceName name(int i) {
        return new InterfaceName("vnet" + i);
    }

    static MacAddress mac(int i) {
        return new MacAddress("fe:54:00:00:%02x:%02x".formatted(i >> 8 & 255, i & 255));
    }

    static String alias(int i) {
        return "tapwright:bench tap uuid=00000000-0000-4000-8000-%012x mac=52:54:00:00:%02x:%02x domain=vm%d"
                .formatted(i, i >> 8 & 255, i & 255, i);
    }
}
