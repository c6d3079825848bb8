package io.tapwright.model.host;

import io.tapwright.model.MacAddress;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * What one RTM_NEWLINK sets on an existing device; an empty member leaves the device as it is.
 *
 * @param master   index of the bridge to become a port of, {@link Link#NO_MASTER} to leave it
 * @param ipv6Off  sets the device's {@code disable_ipv6} before anything else, so that raising it makes no address
 */
public record LinkChange(
        Optional<MacAddress> mac,
        Optional<Integer> mtu,
        Optional<String> alias,
        Optional<Integer> master,
        Optional<Boolean> up,
        boolean ipv6Off) {

    public static final LinkChange NONE = new LinkChange(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false);

    public LinkChange mac(MacAddress value) {
        return new LinkChange(Optional.of(value), mtu, alias, master, up, ipv6Off);
    }

    public LinkChange mtu(int value) {
        return new LinkChange(mac, Optional.of(value), alias, master, up, ipv6Off);
    }

    public LinkChange alias(String value) {
        return new LinkChange(mac, mtu, Optional.of(value), master, up, ipv6Off);
    }

    public LinkChange master(int index) {
        return new LinkChange(mac, mtu, alias, Optional.of(index), up, ipv6Off);
    }

    public LinkChange up(boolean value) {
        return new LinkChange(mac, mtu, alias, master, Optional.of(value), ipv6Off);
    }

    public LinkChange withIpv6Off() {
        return new LinkChange(mac, mtu, alias, master, up, true);
    }

    public boolean isEmpty() {
        return equals(NONE);
    }

    /** The members that are set, for a reader: {@code master 7, up}. */
    @Override
    public String toString() {
        StringJoiner out = new StringJoiner(", ");
        mac.ifPresent(v -> out.add("address " + v));
        mtu.ifPresent(v -> out.add("mtu " + v));
        alias.ifPresent(v -> out.add("alias '" + v + "'"));
        master.ifPresent(v -> out.add(v == Link.NO_MASTER ? "no master" : "master index " + v));
        up.ifPresent(v -> out.add(v ? "up" : "down"));
        if (ipv6Off) {
            out.add("IPv6 off");
        }
        return out.toString();
    }
}
