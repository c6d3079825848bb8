package io.tapwright.model;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An IPv4 or IPv6 address with the length of its network, such as {@code 10.1.0.1/24}.
 *
 * @param address 4 or 16 bytes; host bits are kept, the address is a host's
 * @param length  bits of the network part, 0 to 32 or 0 to 128
 */
public record IpPrefix(InetAddress address, int length) {

    private static final Pattern WRITTEN = Pattern.compile(
            "(?<address>(?<v4>[0-9]+(?:\\.[0-9]+){3})|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)/(?<length>[0-9]{1,3})");

    public IpPrefix {
        int most = address.getAddress().length * 8;
        if (length < 0 || length > most) {
            throw new IllegalArgumentException(
                    "prefix " + address.getHostAddress() + "/" + length + ": length must be 0 to " + most);
        }
    }

    /**
     * Parses {@code ADDRESS/LENGTH}; a literal address only, nothing is ever looked up. All four parts of an IPv4 address
     * must be there: {@code 10/8} is a slip, not 0.0.0.10.
     */
    public static IpPrefix parse(String text) {
        Matcher written = WRITTEN.matcher(text);
        if (!written.matches()) {
            throw new IllegalArgumentException(wrong(text));
        }
        try {
            InetAddress address = InetAddress.ofLiteral(written.group("address"));
            if (address instanceof Inet4Address && written.group("v4") == null) {
                throw new IllegalArgumentException("an IPv4 address in IPv6 clothes");
            }
            return new IpPrefix(address, Integer.parseInt(written.group("length")));
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
