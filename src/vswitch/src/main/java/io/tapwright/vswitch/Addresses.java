package io.tapwright.vswitch;

import io.tapwright.model.MacAddress;

/** MAC addresses as the forwarder has them: a number, the first octet lowest. */
final class Addresses {

    private Addresses() {
    }

    static long number(MacAddress mac) {
        long number = 0;
        byte[] octets = mac.octets();
        for (int i = octets.length - 1; i >= 0; i--) {
            number = number << 8 | octets[i] & 0xff;
        }
        return number;
    }
}
