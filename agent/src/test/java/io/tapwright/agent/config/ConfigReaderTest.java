package io.tapwright.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.source.yaml.YamlConfigSource;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.host.TapOwner;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.UserspacePolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigReaderTest {

    private static final String WHOLE = """
            tapwright:
              instance: lab
              libvirt: { uri: "test:///default" }
              hook: { socket: /tmp/x.sock, deadline: 2s }
              tap: { owner: root, group: "0" }
              resync-interval: 10s
              networks:
                default: { bridge: br0 }
                blue:
                  bridge: br-blue
                  create: true
                  address: [10.1.0.1/24, "fd00:1::1/64"]
                  mtu: 9000
                  uplink: { device: eth1, move-addresses: true }
                  userspace: true
              userspace:
                socket-directory: /tmp/vhost
                control-socket: /tmp/control.sock
                switch-user: daemon
                command: none
              rules:
                - { domain: "web-*", network: blue }
                - { mac: "52:54:00:AA", target: "t*", network: default }
            """;

    @Test
    void everythingThatIsWrittenIsRead() throws Exception {
        AgentSettings settings = read(WHOLE, Map.of());
        Network blue = settings.control().catalog().network("blue").orElseThrow();
        assertThat(blue.bridge()).isEqualTo(new InterfaceName("br-blue"));
        assertThat(blue.addresses()).containsExactly(IpPrefix.parse("10.1.0.1/24"), IpPrefix.parse("fd00:1::1/64"));
        assertThat(blue.mtu()).contains(9000);
        assertThat(blue.uplink()).contains(new Network.Uplink(new InterfaceName("eth1"), true));
        assertThat(blue.userspace()).isTrue();
        assertThat(settings.hasSwitch()).isTrue();
        assertThat(settings.userspace()).isEqualTo(new UserspaceSettings(
                Path.of("/tmp/vhost"), Path.of("/tmp/control.sock"), Optional.of("daemon"), Optional.empty()));
        assertThat(settings.control().userspace()).isEqualTo(
                new UserspacePolicy(Optional.of(Path.of("/tmp/vhost")), new TapOwner(1, -1)));
        assertThat(settings.control().catalog().rules()).hasSize(2);
        assertThat(settings.control().catalog().rules().get(1).macPrefix()).contains("52:54:00:aa");
        assertThat(settings.control().taps().owner()).isEqualTo(new TapOwner(0, 0));
        assertThat(settings.control().resyncInterval()).isEqualTo(Duration.ofSeconds(10));
        assertThat(settings.hookDeadline()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void theEnvironmentOverridesTheFileAndCanSayEverythingItSays() throws Exception {
        AgentSettings settings = read(WHOLE, Map.of(
                "TAPWRIGHT_LIBVIRT_URI", "qemu:///session",
                "TAPWRIGHT_DRY_RUN", "true",
                "TAPWRIGHT_NETWORKS_BLUE_MTU", "1400",
                "TAPWRIGHT_NETWORKS_RED_BRIDGE", "br-red",
                "TAPWRIGHT_RULES_0__NETWORK", "red"));
        assertThat(settings.libvirtUri()).isEqualTo("qemu:///session");
        assertThat(settings.control().dryRun()).isTrue();
        assertThat(settings.control().catalog().network("blue").orElseThrow().mtu()).contains(1400);
        assertThat(settings.control().catalog().network("red")).isPresent();
        assertThat(settings.control().catalog().rules().getFirst().network()).isEqualTo("red");
    }

    @Test
    void anEmptyConfigurationHasTheDefaults() throws Exception {
        AgentSettings settings = read("tapwright: {}", Map.of());
        assertThat(settings.libvirtUri()).isEqualTo("qemu:///system");
        assertThat(settings.hookSocket()).hasToString("/run/tapwright/hook.sock");
        assertThat(settings.control().dryRun()).isFalse();
        assertThat(settings.control().catalog().networks()).isEmpty();
        assertThat(settings.hasSwitch()).isFalse();
        assertThat(settings.userspace().socketDirectory()).hasToString("/run/tapwright-switch/vhost");
        assertThat(settings.userspace().controlSocket()).hasToString("/run/tapwright-switch/control.sock");
        assertThat(settings.userspace().command()).contains(Path.of("/usr/lib/tapwright/switch"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            networks: { a: { bridge: sixteen-bytes-br } }                                   | tapwright.networks.a.bridge | 16 bytes
            networks: { a: { create: true } }                                               | tapwright.networks.a.bridge | missing
            networks: { a: { bridge: a/b } }                                                | tapwright.networks.a.bridge | '/'
            networks: { a: { bridge: br0, create: true, address: [10.1.0.1/33] } }          | tapwright.networks.a.address | 10.1.0.1/33
            networks: { a: { bridge: br0, create: true, address: [ten/24] } }               | tapwright.networks.a.address | ten/24
            networks: { a: { bridge: br0, address: [10.1.0.1/24] } }                        | tapwright.networks.a.address | create
            networks: { a: { bridge: br0, create: true, mtu: 12 } }                         | tapwright.networks.a.mtu | 12
            networks: { a: { bridge: br0, uplink: { device: eth0/1 } } }                    | tapwright.networks.a.uplink.device | eth0/1
            networks: { a: { bridge: br0 }, b: { bridge: br0 } }                            | tapwright.networks.b.bridge | 'a'
            networks: { a: { bridge: br0, uplink: { device: eth1 } }, b: { bridge: br1, uplink: { device: eth1 } } } | tapwright.networks.b.uplink.device | is the uplink of network 'a' already
            rules: [ { domain: x, network: nowhere } ]                                      | tapwright.rules[0].network | nowhere
            networks: { a: { bridge: br0 } }, rules: [ { network: a } ]                     | tapwright.rules[0] | condition
            networks: { a: { bridge: br0 } }, rules: [ { mac: zz, network: a } ]            | tapwright.rules[0].mac | zz
            tap: { owner: no-such-user-at-all }                                             | tapwright.tap.owner | no-such-user-at-all
            instance: Not Good                                                              | tapwright.instance | Not Good
            resync-interval: 0s                                                             | tapwright.resync-interval | 30s
            resync-interval: PT0.0009S                                                      | tapwright.resync-interval | is too short, expected 1 ms or more
            reaper-grace: PT-1S                                                             | tapwright.reaper-grace | is negative, expected 0s or more
            userspace: { socket-directory: run/vhost }                                      | tapwright.userspace.socket-directory | run/vhost
            userspace: { socket-directory: /run/../vhost }                                  | tapwright.userspace.socket-directory | shortest
            userspace: { control-socket: control.sock }                                     | tapwright.userspace.control-socket | control.sock
            userspace: { control-socket: /run/tapwright-switch/vhost/c }                    | tapwright.userspace.control-socket | guests
            userspace: { switch-user: no-such-user-at-all }                                 | tapwright.userspace.switch-user | no-such-user-at-all
            userspace: { command: bin/switch }                                              | tapwright.userspace.command | bin/switch
            networks: { a: { bridge: br0, userspace: true, mtu: 9000 } }                    | tapwright.networks.a.mtu | create
            hook: { socket: relative.sock }                                                 | tapwright.hook.socket | relative.sock
            """)
    void aMistakeIsNamedByItsKeyAndItsValue(String yaml, String key, String value) {
        assertThatThrownBy(() -> read("tapwright: { " + yaml + " }", Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .satisfies(e -> assertThat(((ConfigurationException) e).mistakes())
                        .anySatisfy(mistake -> assertThat(mistake).startsWith(key + ": ").contains(value)));
    }

    @Test
    void allMistakesAreNamedAtOnce() {
        assertThatThrownBy(() -> read("""
                tapwright:
                  instance: "no good"
                  networks: { a: { bridge: a/b }, b: { bridge: br0, mtu: 1500 } }
                  rules: [ { domain: x, network: nowhere } ]
                """, Map.of()))
                .isInstanceOfSatisfying(ConfigurationException.class, e -> assertThat(e.mistakes()).hasSize(4));
    }

    private static AgentSettings read(String yaml, Map<String, String> environment) throws Exception {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withMapping(TapwrightConfig.class)
                .withSources(new YamlConfigSource("tapwright.yaml", yaml, 100), new EnvConfigSource(environment, 300))
                .withDefaultValues(Map.of())
                .addDefaultInterceptors()
                .withConverter(Duration.class, 200, new DurationConverter())
                .build();
        return new ConfigReader("seed").read(config.getConfigMapping(TapwrightConfig.class));
    }

    @Test
    void theListOfMistakesIsTheMessage() {
        assertThat(new ConfigurationException(List.of("one", "two"))).hasMessage("one\ntwo");
    }
}
