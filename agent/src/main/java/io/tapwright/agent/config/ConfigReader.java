package io.tapwright.agent.config;

import io.tapwright.agent.config.TapwrightConfig.NetworkSection;
import io.tapwright.agent.config.TapwrightConfig.RuleSection;
import io.tapwright.agent.config.TapwrightConfig.UplinkSection;
import io.tapwright.control.ControlSettings;
import io.tapwright.hostnet.AccountDatabase;
import io.tapwright.model.Glob;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.Mark;
import io.tapwright.model.host.TapOwner;
import io.tapwright.model.network.Network;
import io.tapwright.model.network.NetworkCatalog;
import io.tapwright.model.network.Rule;
import io.tapwright.model.plan.BridgePolicy;
import io.tapwright.model.plan.TapPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** Checks what was written and makes values of it; collects every mistake before it gives up. */
public final class ConfigReader {

    /** What QEMU runs as: Debian and Ubuntu, then Fedora and its kin. */
    private static final List<String> QEMU_ACCOUNTS = List.of("libvirt-qemu", "qemu");

    /** The least MTU that IPv6 works with is 1280, IPv4's is 68; the kernel's bridge takes 68 to 65535. */
    private static final int LEAST_MTU = 68;
    private static final int MOST_MTU = 65535;

    /** Of Vert.x' timers. */
    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(1);
    private static final Duration ANNOUNCEMENT = Duration.ofSeconds(60);
    private static final int WORKERS = 2;
    private static final Duration HOOK_SCRIPT_DEADLINE = Duration.ofSeconds(5);

    private final String hostSeed;
    private final List<String> mistakes = new ArrayList<>();

    /** @param hostSeed see {@link BridgePolicy} */
    public ConfigReader(String hostSeed) {
        this.hostSeed = hostSeed;
    }

    /** @throws ConfigurationException naming every key that is wrong */
    public AgentSettings read(TapwrightConfig config) {
        String instance = config.instance();
        if (!Mark.isInstance(instance)) {
            mistake("instance", "'" + instance + "' is no instance name, expected 1 to 32 of a-z, 0-9 and -");
        }
        Map<String, Network> networks = networks(config.networks());
        List<Rule> rules = rules(config.rules().orElse(List.of()), networks);
        TapOwner owner = new TapOwner(
                account("tap.owner", config.tap().owner(), AccountDatabase::uidOf),
                account("tap.group", config.tap().group(), AccountDatabase::gidOf));
        if (config.resyncInterval().compareTo(SHORTEST_INTERVAL) < 0) {
            mistake("resync-interval", "'" + config.resyncInterval() + "' is too short, expected 1 ms or more, such as 30s");
        }
        if (config.reaperGrace().isNegative()) {
            mistake("reaper-grace", "'" + config.reaperGrace() + "' is negative, expected 0s or more, such as 30s");
        }
        positive("hook.deadline", config.hook().deadline());
        if (config.hook().deadline().compareTo(HOOK_SCRIPT_DEADLINE) >= 0) {
            mistake("hook.deadline", "'" + config.hook().deadline() + "' is too long, the hook script itself waits 5 s");
        }
        if (config.libvirt().uri().isBlank()) {
            mistake("libvirt.uri", "is empty, expected one such as qemu:///system");
        }
        if (!config.hook().socket().startsWith("/")) {
            mistake("hook.socket", "'" + config.hook().socket() + "' is no absolute path");
        }
        UserspaceReader userspaceReader = new UserspaceReader(this::mistake);
        UserspaceSettings userspace = userspaceReader.read(config.userspace());
        if (!mistakes.isEmpty()) {
            throw new ConfigurationException(mistakes);
        }
        return new AgentSettings(config.libvirt().uri(), Path.of(config.hook().socket()), config.hook().deadline(),
                new ControlSettings(new NetworkCatalog(networks, rules), new TapPolicy(instance, owner),
                        new BridgePolicy(instance, hostSeed), config.dryRun(), config.resyncInterval(),
                        config.reaperGrace(), ANNOUNCEMENT, WORKERS, userspaceReader.policy(userspace)), userspace);
    }

    private Map<String, Network> networks(Map<String, NetworkSection> sections) {
        Map<String, Network> networks = new LinkedHashMap<>();
        Map<InterfaceName, String> bridges = new HashMap<>();
        Map<InterfaceName, String> uplinks = new HashMap<>();
        sections.forEach((name, section) -> network(name, section).ifPresent(network -> {
            claim(bridges, network.bridge(), name, "bridge", "bridge");
            network.uplink().ifPresent(uplink -> claim(uplinks, uplink.device(), name, "uplink.device", "uplink"));
            networks.put(name, network);
        }));
        return networks;
    }

    /** A device can be but one network's. */
    private void claim(Map<InterfaceName, String> taken, InterfaceName device, String network, String key, String what) {
        String other = taken.putIfAbsent(device, network);
        if (other != null) {
            mistake("networks." + network + "." + key, "'" + device + "' is the " + what + " of network '" + other + "' already");
        }
    }

    private Optional<Network> network(String name, NetworkSection section) {
        String key = "networks." + name;
        if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
            mistake(key, "'" + name + "' is no network name, expected 1 to 64 letters, digits, dots, dashes and underscores");
        }
        Optional<InterfaceName> bridge = device(key + ".bridge", section.bridge());
        List<IpPrefix> addresses = new ArrayList<>();
        for (String text : section.address().orElse(List.of())) {
            checked(key + ".address", text, IpPrefix::parse).ifPresent(addresses::add);
        }
        Optional<Integer> mtu = section.mtu().flatMap(text -> checked(key + ".mtu", text, ConfigReader::mtu));
        if (!section.create() && !addresses.isEmpty()) {
            mistake(key + ".address", "is only for a bridge that Tapwright makes; set " + key + ".create or remove it");
        }
        if (!section.create() && mtu.isPresent()) {
            mistake(key + ".mtu", "is only for a bridge that Tapwright makes; set " + key + ".create or remove it");
        }
        Optional<Network.Uplink> uplink = section.uplink().flatMap(u -> uplink(key + ".uplink", u));
        return bridge.map(b -> new Network(name, b, section.create(), addresses, mtu, uplink, section.userspace()));
    }

    private Optional<Network.Uplink> uplink(String key, UplinkSection section) {
        return device(key + ".device", section.device()).map(device -> new Network.Uplink(device, section.moveAddresses()));
    }

    private List<Rule> rules(List<RuleSection> sections, Map<String, Network> networks) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < sections.size(); i++) {
            RuleSection section = sections.get(i);
            String key = "rules[" + i + "]";
            String network = section.network().orElse("");
            if (!networks.containsKey(network)) {
                mistake(key + ".network", "'" + network + "' is no network of the configuration, which has " + networks.keySet());
            }
            if (section.domain().isEmpty() && section.mac().isEmpty() && section.target().isEmpty()) {
                mistake(key, "says no condition, expected at least one of domain, mac and target");
            }
            Optional<String> mac = section.mac().flatMap(text -> checked(key + ".mac", text, ConfigReader::macPrefix));
            rules.add(new Rule(section.domain().map(Glob::new), mac, section.target().map(Glob::new), network));
        }
        return rules;
    }

    private Optional<InterfaceName> device(String key, Optional<String> text) {
        if (text.isEmpty()) {
            mistake(key, "is missing");
            return Optional.empty();
        }
        String fault = InterfaceName.fault(text.get());
        if (fault != null) {
            mistake(key, "'" + text.get() + "' " + fault);
            return Optional.empty();
        }
        return Optional.of(new InterfaceName(text.get()));
    }

    private int account(String key, Optional<String> written, Function<String, OptionalInt> lookUp) {
        if (written.isEmpty()) {
            return QEMU_ACCOUNTS.stream().map(lookUp).filter(OptionalInt::isPresent).mapToInt(OptionalInt::getAsInt)
                    .findFirst().orElse(TapOwner.NOBODY.uid());
        }
        String text = written.get();
        if (text.matches("[0-9]{1,9}")) {
            return Integer.parseInt(text);
        }
        OptionalInt found = lookUp.apply(text);
        if (found.isEmpty()) {
            mistake(key, "'" + text + "' is neither a number nor a name that the host knows");
        }
        return found.orElse(TapOwner.NOBODY.uid());
    }

    private void positive(String key, Duration value) {
        if (value.isZero() || value.isNegative()) {
            mistake(key, "'" + value + "' is no time, expected one such as 30s");
        }
    }

    private <T> Optional<T> checked(String key, String text, Function<String, T> parse) {
        try {
            return Optional.of(parse.apply(text));
        } catch (IllegalArgumentException e) {
            mistake(key, e.getMessage());
            return Optional.empty();
        }
    }

    private void mistake(String key, String what) {
        mistakes.add("tapwright." + key + ": " + what);
    }

    private static int mtu(String text) {
        if (text.matches("[0-9]{1,6}")) {
            int mtu = Integer.parseInt(text);
            if (mtu >= LEAST_MTU && mtu <= MOST_MTU) {
                return mtu;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is no MTU, expected " + LEAST_MTU + " to " + MOST_MTU);
    }

    private static String macPrefix(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (!lower.matches("[0-9a-f]{2}(:[0-9a-f]{2}){0,5}:?")) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no beginning of a MAC address, expected 1 to 6 octets such as 52:54:00");
        }
        return lower;
    }
}
