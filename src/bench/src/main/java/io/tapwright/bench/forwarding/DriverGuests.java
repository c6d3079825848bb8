package io.tapwright.bench.forwarding;

import com.fasterxml.jackson.databind.JsonNode;
import io.tapwright.bench.Report;
import io.tapwright.bench.Tools;
import io.tapwright.testkit.lab.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code src/main/c/traffic}: guests with DPDK's virtio-user driver. */
final class DriverGuests implements Traffic {

    /** DPDK has no more in one process. */
    private static final int PORTS_OF_ONE = 32;
    private static final int RING = 1024;
    private static final int ROOM = 2048;
    private static final int BURST = 32;
    private static final int MEBIBYTES = 128;
    private static final int MEBIBYTES_A_PORT = 16;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path program;
    private final Cores cores;

    private DriverGuests(Path program, Cores cores) {
        this.program = program;
        this.cores = cores;
    }

    /** @throws AssertionError where it does not compile, mostly because libdpdk-dev is missing */
    static DriverGuests compile(Tools tools, Path directory, Cores cores) throws IOException {
        List<String> options = new ArrayList<>(List.of("-O3", "-D_GNU_SOURCE"));
        String dpdk = Command.run(PATIENCE, new byte[0], List.of("pkg-config", "--cflags", "--libs", "libdpdk")).orThrow();
        options.addAll(List.of(dpdk.strip().split(" +")));
        options.add("-lpthread");
        return new DriverGuests(tools.compile("traffic", directory, options), cores);
    }

    /** Of huge pages, which its processes need together. */
    static int mebibytes(int ports) {
        int processes = (ports + PORTS_OF_ONE - 1) / PORTS_OF_ONE;
        return processes * MEBIBYTES + ports * MEBIBYTES_A_PORT;
    }

    @Override
    public String description() {
        return "DPDK " + Packages.firstLine("pkg-config", "--modversion", "libdpdk") + "'s virtio-user driver, rings of " + RING
                + ", buffers of " + ROOM + " bytes (longer frames take several), bursts of " + BURST
                + ", split rings, mergeable receive buffers, indirect descriptors, no in-order, no event index; huge pages in one"
                + " file; IPv4 and UDP in Ethernet; " + Report.figure(WARM_UP_SECONDS)
                + " s to warm up, " + Report.figure(SECONDS) + " s measured";
    }

    @Override
    public Measurement rate(BackEnd backEnd, Load load) throws IOException, InterruptedException {
        try (Guests guests = start("rate", backEnd, load, 0,
                List.of("wait=1", "warmup=" + WARM_UP_SECONDS, "seconds=" + SECONDS))) {
            return Run.of(backEnd, guests, cores);
        }
    }

    /** To its end, and what it found. */
    JsonNode run(String mode, BackEnd backEnd, Load load, List<String> options) throws IOException, InterruptedException {
        try (Guests guests = start(mode, backEnd, load, 0, options)) {
            return guests.result(PATIENCE);
        }
    }

    /** What the measuring side itself takes for a frame after 1 s of silence, and the machine to wake a thread. */
    JsonNode floor(int times) throws IOException, InterruptedException {
        List<String> command = List.of(program.toString(), "latency", "loop=2", "core=" + cores.guests(),
                "othercore=" + cores.backEnd(), "memory=" + mebibytes(2), "silence=1", "times=" + times);
        try (Guests guests = Guests.start(program.resolveSibling("floor.log"), command)) {
            return guests.result(PATIENCE);
        }
    }

    /** Ports that are connected, and silent until they are closed. */
    List<Guests> hold(BackEnd backEnd, int ports) throws IOException {
        List<Guests> all = new ArrayList<>();
        for (int first = 0; first < ports; first += PORTS_OF_ONE) {
            Guests guests = start("hold", backEnd, part(new Load(64, 1, ports, ports), first), first, List.of());
            all.add(guests);
            guests.awaitReady();
        }
        return all;
    }

    private static Load part(Load load, int first) {
        int ports = Math.min(PORTS_OF_ONE, load.ports() - first);
        return new Load(load.size(), load.ways(), ports, load.macs() * ports / load.ports());
    }

    private Guests start(String mode, BackEnd backEnd, Load load, int first, List<String> options) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString(), mode, "core=" + cores.guests(), "firstport=" + first,
                "size=" + load.size(), "ways=" + load.ways(), "macs=" + load.macs(), "ring=" + RING, "room=" + ROOM,
                "burst=" + BURST, "memory=" + mebibytes(load.ports())));
        for (Path port : backEnd.ports().subList(first, first + load.ports())) {
            command.add("connect=" + port);
        }
        command.addAll(options);
        return Guests.start(program.resolveSibling("traffic" + first + ".log"), command);
    }
}
