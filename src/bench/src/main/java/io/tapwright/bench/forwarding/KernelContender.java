package io.tapwright.bench.forwarding;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.tapwright.testkit.net.NetworkNamespace;
import java.util.List;
import java.util.Optional;

/** Two taps on a bridge of the kernel's; the sender's write does the bridge's work too, on the one core. */
record KernelContender() implements Contender {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public String title() {
        return "tap, bridge, tap";
    }

    @Override
    public String description() {
        return "the kernel; tap_traffic.c writes a burst of 32 frames to the one tap and reads from the other, a system call a"
                + " frame; all of it on one core, no offloads";
    }

    @Override
    public String version() {
        return "Linux " + System.getProperty("os.version");
    }

    @Override
    public Optional<String> missing() {
        return NetworkNamespace.isAvailable() ? Optional.empty() : Optional.of("no network namespaces with taps here");
    }

    @Override
    public Measurement measure(Rig rig, Traffic ignored, Load load) throws Exception {
        if (load.ports() != 2 || load.ways() != 1) {
            throw new IllegalArgumentException("measure the kernel's bridge: one way between two ports, not " + load);
        }
        try (NetworkNamespace namespace = NetworkNamespace.open()) {
            String mtu = Integer.toString(load.mtu());
            ip(namespace, "link add br0 type bridge forward_delay 0 mcast_snooping 0");
            ip(namespace, "link set br0 addrgenmode none");
            ip(namespace, "link set br0 mtu " + mtu + " up");
            for (String tap : List.of("tap0", "tap1")) {
                ip(namespace, "tuntap add " + tap + " mode tap");
                ip(namespace, "link set " + tap + " addrgenmode none");
                ip(namespace, "link set " + tap + " mtu " + mtu + " master br0 up");
            }
            String json = namespace.execute(rig.tapTraffic().toString(), "tap0", "tap1", Integer.toString(load.size()),
                    Integer.toString(rig.cores().guests()), Double.toString(Traffic.WARM_UP_SECONDS),
                    Double.toString(Traffic.SECONDS));
            var result = JSON.readTree(json);
            return Measurement.of(result, 1 - result.get("coreShare").asDouble());
        }
    }

    private static void ip(NetworkNamespace namespace, String arguments) {
        namespace.execute(("ip " + arguments).split(" "));
    }
}
