package io.tapwright.agent.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code tapwright.*} as written: nothing but defaults is decided here, and what needs checking is a string, so that
 * {@link ConfigReader} can name every mistake at once.
 */
@ConfigMapping(prefix = "tapwright")
public interface TapwrightConfig {

    /** Which agent of the host this is; part of the mark on its devices. */
    @WithDefault("host")
    String instance();

    Libvirt libvirt();

    Hook hook();

    Tap tap();

    Userspace userspace();

    /** Plan and report, change nothing. */
    @WithDefault("false")
    boolean dryRun();

    /** Between two comparisons with libvirt's list and the kernel. */
    @WithDefault("30s")
    Duration resyncInterval();

    /** How long a tap of ours without a domain is left alone. */
    @WithDefault("30s")
    Duration reaperGrace();

    /** By name. */
    Map<String, NetworkSection> networks();

    /** The first that matches decides. */
    Optional<List<RuleSection>> rules();

    interface Libvirt {
        @WithDefault("qemu:///system")
        String uri();
    }

    interface Hook {
        /** The Unix socket on which the libvirt hook is answered. */
        @WithDefault("/run/tapwright/hook.sock")
        String socket();

        /** After this the hook is told no; below the hook script's own deadline of 5 s. */
        @WithDefault("4500ms")
        Duration deadline();
    }

    /** Who may open the taps: a name or a number; empty for the user that QEMU runs as. */
    interface Tap {
        Optional<String> owner();

        Optional<String> group();
    }

    /** The switch in user space, for the networks that have one. */
    interface Userspace {
        String DEFAULT_USER = "tapwright-switch";

        /** NICs of type vhostuser whose sockets lie here are ours. */
        @WithDefault("/run/tapwright-switch/vhost")
        String socketDirectory();

        @WithDefault("/run/tapwright-switch/control.sock")
        String controlSocket();

        /** Who opens the taps between the switch and the bridges; empty for {@link #DEFAULT_USER} where that exists, else root. */
        Optional<String> switchUser();

        /** Starts the switch where there is no systemd; {@code none} for nothing. */
        @WithDefault("/usr/lib/tapwright/switch")
        String command();
    }

    interface NetworkSection {
        Optional<String> bridge();

        @WithDefault("false")
        boolean create();

        /** A switch in user space besides the bridge. */
        @WithDefault("false")
        boolean userspace();

        Optional<List<String>> address();

        Optional<String> mtu();

        Optional<UplinkSection> uplink();
    }

    interface UplinkSection {
        Optional<String> device();

        @WithDefault("false")
        boolean moveAddresses();
    }

    interface RuleSection {
        Optional<String> domain();

        Optional<String> mac();

        Optional<String> target();

        Optional<String> network();
    }
}
