package io.tapwright.model;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;

/**
 * An Ethernet address: six octets, written in lower case with colons.
 *
 * @param text {@code xx:xx:xx:xx:xx:xx}
 */
public record MacAddress(String text) implements Comparable<MacAddress> {

    /** Octets of an Ethernet address ({@code ETH_ALEN} in linux/if_ether.h). */
    public static final int LENGTH = 6;

    /** First octet of every tap's own address; keeps it above any guest's, as libvirt's own taps have it. */
    private static final String TAP_FIRST_OCTET = "fe";

    private static final HexFormat COLONS = HexFormat.ofDelimiter(":");

    public MacAddress {
        text = text.toLowerCase(Locale.ROOT);
        if (!isValid(text)) {
            throw new IllegalArgumentException(
                    "MAC address '" + text + "': expected six octets such as 52:54:00:12:34:56");
        }
    }

    public static MacAddress of(byte[] octets) {
        if (octets.length != LENGTH) {
            throw new IllegalArgumentException(
                    "MAC address of " + octets.length + " octets " + Arrays.toString(octets) + ": expected " + LENGTH);
        }
        return new MacAddress(COLONS.formatHex(octets));
    }

    public byte[] octets() {
        return COLONS.parseHex(text);
    }

    /** The address the tap of a guest NIC with this address gets: the same but for a first octet of 0xFE. */
    public MacAddress forTap() {
        return new MacAddress(TAP_FIRST_OCTET + text.substring(2));
    }

    /** True where {@link #forTap()} would collide with the guest's own address. */
    public boolean isReservedForTaps() {
        return text.startsWith(TAP_FIRST_OCTET);
    }

    public boolean isMulticast() {
        return (octets()[0] & 1) != 0;
    }

    @Override
    public int compareTo(MacAddress other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }

    private static boolean isValid(String text) {
        if (text.length() != 17) {
            return false;
        }
        for (int i = 0; i < 17; i++) {
            char c = text.charAt(i);
            if (i % 3 == 2 ? c != ':' : !HexFormat.isHexDigit(c)) {
                return false;
            }
        }
        return true;
    }
}
