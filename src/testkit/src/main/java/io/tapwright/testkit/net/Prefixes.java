package io.tapwright.testkit.net;

import io.tapwright.model.IpPrefix;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Arithmetic on prefixes. */
final class Prefixes {

    private Prefixes() {
    }

    /** The network a host's prefix is in: {@code 10.1.0.0/24} for {@code 10.1.0.1/24}. */
    static IpPrefix network(IpPrefix host) {
        byte[] bytes = host.address().getAddress();
        for (int bit = host.length(); bit < bytes.length * 8; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
        }
        try {
            return new IpPrefix(InetAddress.getByAddress(bytes), host.length());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }
}
