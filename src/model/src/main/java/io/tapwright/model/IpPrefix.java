package io.tapwright.model;

import java.net.InetAddress;

/**
 * An IPv4 or IPv6 address with the length of its network, such as {@code 10.1.0.1/24}.
 *
 * @param address 4 or 16 bytes; host bits are kept, the address is a host's
 * @param length  bits of the network part, 0 to 32 or 0 to 128
 */
public record IpPrefix(InetAddress address, int length) {

    public IpPrefix {
        int most = address.getAddress().length * 8;
        if (length < 0 || length > most) {
            throw new IllegalArgumentException(
                    "prefix " + address.getHostAddress() + "/" + length + ": length must be 0 to " + most);
        }
    }

    /** Parses {@code ADDRESS/LENGTH}; a literal address only, nothing is ever looked up. */
    public static IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1) {
            throw new IllegalArgumentException(wrong(text));
        }
        try {
            InetAddress address = InetAddress.ofLiteral(text.substring(0, slash));
            return new IpPrefix(address, Integer.parseInt(text.substring(slash + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(wrong(text), e);
        }
    }

    public boolean isIpv6() {
        return address.getAddress().length == 16;
    }

    @Override
    public String toString() {
        return address.getHostAddress().replaceFirst("%.*", "") + "/" + length;
    }

    private static String wrong(String text) {
        return "'" + text + "' is no address with a prefix length, expected one such as 10.1.0.1/24 or fd00:1::1/64";
    }
}
