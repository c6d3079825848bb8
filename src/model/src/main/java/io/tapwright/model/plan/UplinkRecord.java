package io.tapwright.model.plan;

import io.tapwright.model.host.Address;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.Route;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the uplink of a network says of itself in alternative names: that we attached it, and which of the bridge's
 * addresses and routes came with it. An address or a route is told by a hash, so that a few names do for many, and every
 * kernel that has alternative names keeps them.
 *
 * @param names all alternative names that we gave it for the network
 * @param moved whether addresses or routes came with it
 * @param codes of those that did; none are known of an uplink that an older version attached
 */
record UplinkRecord(List<String> names, boolean moved, Set<String> codes) {

    /** ALTIFNAMSIZ - 1 (linux/if.h). */
    static final int MAX_NAME_BYTES = 127;

    private static final int CODE_BYTES = 4;
    private static final int CODE_LENGTH = 2 * CODE_BYTES;

    public UplinkRecord {
        names = List.copyOf(names);
        codes = Set.copyOf(codes);
    }

    static UplinkRecord of(Link uplink, String network, BridgePolicy policy) {
        String mark = policy.uplinkMark(network);
        String markWithAddresses = policy.uplinkMarkWithAddresses(network);
        String prefix = policy.movedPrefix(network);
        Set<String> codes = new HashSet<>();
        uplink.altNames().stream().filter(name -> name.startsWith(prefix))
                .forEach(name -> codes.addAll(split(name.substring(prefix.length()))));
        List<String> names = uplink.altNames().stream()
                .filter(name -> name.equals(mark) || name.equals(markWithAddresses) || name.startsWith(prefix)).toList();
        return new UplinkRecord(names, names.contains(markWithAddresses), codes);
    }

    /** The names that an uplink with this record has to have where these go with it now. */
    List<String> namesFor(List<Address> addresses, List<Route> routes, String network, BridgePolicy policy) {
        if (addresses.isEmpty() && routes.isEmpty()) {
            return List.of(policy.uplinkMark(network));
        }
        List<String> all = new ArrayList<>(List.of(policy.uplinkMarkWithAddresses(network)));
        if (!isIncomplete()) {
            all.addAll(pack(Stream.concat(addresses.stream().map(UplinkRecord::code), routes.stream().map(UplinkRecord::code))
                    .filter(code -> !codes.contains(code)).collect(Collectors.toCollection(LinkedHashSet::new)),
                    policy.movedPrefix(network)));
        }
        return all;
    }

    /** Of these on the bridge those that go back; where none are known to have come, all that nothing else has put there. */
    List<Address> goingBack(List<Address> onBridge) {
        return onBridge.stream().filter(a -> moved && !a.isOurs() && !a.isKernelMade())
                .filter(a -> isIncomplete() ? !a.isFromRouter() : codes.contains(code(a))).toList();
    }

    List<Route> goingBackOf(List<Route> viaBridge) {
        return viaBridge.stream().filter(r -> moved && !r.isKernelMade())
                .filter(r -> isIncomplete() || codes.contains(code(r))).toList();
    }

    /** What came first was not recorded, so what comes later must not be either, or the first would be taken for the bridge's. */
    private boolean isIncomplete() {
        return moved && codes.isEmpty();
    }

    private static List<String> split(String packed) {
        List<String> codes = new ArrayList<>();
        for (int at = 0; at + CODE_LENGTH <= packed.length(); at += CODE_LENGTH) {
            codes.add(packed.substring(at, at + CODE_LENGTH));
        }
        return codes;
    }

    private static List<String> pack(Set<String> codes, String prefix) {
        List<String> names = new ArrayList<>();
        StringBuilder name = new StringBuilder(prefix);
        for (String code : codes) {
            if (name.length() + CODE_LENGTH > MAX_NAME_BYTES) {
                names.add(name.toString());
                name.setLength(prefix.length());
            }
            name.append(code);
        }
        if (name.length() > prefix.length()) {
            names.add(name.toString());
        }
        return names;
    }

    // The texts that are hashed must stay as they are: the names outlive the agent.

    private static String code(Address address) {
        return hash("address " + address.prefix());
    }

    /** By what the kernel tells routes apart; somebody may have replaced the rest. */
    private static String code(Route route) {
        return hash("route " + route.destination() + route.gateway().map(g -> " via " + g.getHostAddress()).orElse("")
                + " table " + route.table() + " metric " + route.metric());
    }

    private static String hash(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, CODE_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
