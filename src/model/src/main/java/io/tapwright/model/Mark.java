package io.tapwright.model;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The proof of ownership that every device of ours carries in the kernel, as its alias ({@code ip link show} prints it,
 * {@code /sys/class/net/X/ifalias} holds it). It is the only state that outlives the agent: what carries no mark of this
 * instance is somebody else's.
 */
public sealed interface Mark {

    /** {@code IFALIASZ} - 1 (linux/if.h): the most bytes of an alias. */
    int MAX_BYTES = 255;

    /** Which agent: two agents on one host, say a service and a developer's, leave each other's devices alone. */
    String instance();

    /** The alias as the kernel holds it. */
    String text();

    /**
     * A tap of one VM's NIC.
     *
     * @param domainName for the human reader only; cut where the alias would grow too long
     */
    record Tap(String instance, NicId nic, String domainName) implements Mark {

        public Tap {
            Patterns.requireInstance(instance);
        }

        @Override
        public String text() {
            return cut("tapwright:" + instance + " tap uuid=" + nic.domain() + " mac=" + nic.mac() + " domain=" + domainName);
        }
    }

    /** A bridge that the agent created for a network. */
    record Bridge(String instance, String network) implements Mark {

        public Bridge {
            Patterns.requireInstance(instance);
        }

        @Override
        public String text() {
            return cut("tapwright:" + instance + " bridge network=" + network);
        }
    }

    /** The tap between a network's bridge and the switch in user space. */
    record SwitchTap(String instance, String network) implements Mark {

        public SwitchTap {
            Patterns.requireInstance(instance);
        }

        @Override
        public String text() {
            return cut("tapwright:" + instance + " switch network=" + network);
        }
    }

    /** True for what may be the name of an instance: only that can be read back from a mark. */
    static boolean isInstance(String text) {
        return Patterns.INSTANCE_ALONE.matcher(text).matches();
    }

    /** The mark in an alias, or empty where there is none of ours. */
    static Optional<Mark> parse(String alias) {
        if (!alias.startsWith(Patterns.PREFIX)) {
            return Optional.empty();
        }
        Matcher tap = Patterns.TAP.matcher(alias);
        if (tap.matches()) {
            NicId nic = new NicId(DomainId.of(tap.group("uuid")), new MacAddress(tap.group("mac")));
            return Optional.of(new Tap(tap.group("instance"), nic, tap.group("domain")));
        }
        Matcher bridge = Patterns.BRIDGE.matcher(alias);
        if (bridge.matches()) {
            return Optional.of(new Bridge(bridge.group("instance"), bridge.group("network")));
        }
        Matcher switchTap = Patterns.SWITCH_TAP.matcher(alias);
        if (switchTap.matches()) {
            return Optional.of(new SwitchTap(switchTap.group("instance"), switchTap.group("network")));
        }
        return Optional.empty();
    }

    private static String cut(String text) {
        if (text.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES) {
            return text;
        }
        StringBuilder kept = new StringBuilder();
        int bytes = 0;
        for (int c : text.codePoints().toArray()) {
            String one = Character.toString(c);
            bytes += one.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > MAX_BYTES) {
                break;
            }
            kept.append(one);
        }
        return kept.toString();
    }

    /** The grammar of {@link #text()}, read back. */
    final class Patterns {
        private static final String PREFIX = "tapwright:";
        private static final String INSTANCE_NAME = "[a-z0-9-]{1,32}";
        private static final Pattern INSTANCE_ALONE = Pattern.compile(INSTANCE_NAME);
        private static final String INSTANCE = PREFIX + "(?<instance>" + INSTANCE_NAME + ")";
        private static final Pattern TAP = Pattern.compile(INSTANCE
                + " tap uuid=(?<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
                + " mac=(?<mac>[0-9a-f]{2}(?::[0-9a-f]{2}){5}) domain=(?<domain>.*)", Pattern.DOTALL);
        private static final Pattern BRIDGE = Pattern.compile(INSTANCE + " bridge network=(?<network>.*)", Pattern.DOTALL);

        private static final Pattern SWITCH_TAP = Pattern.compile(INSTANCE + " switch network=(?<network>.*)", Pattern.DOTALL);

        private Patterns() {
        }

        /** What could not be read back would make every device of ours somebody else's. */
        private static void requireInstance(String instance) {
            if (!isInstance(instance)) {
                throw new IllegalArgumentException(
                        "instance '" + instance + "': expected 1 to 32 of a-z, 0-9 and -, so that marks can be read back");
            }
        }
    }
}
