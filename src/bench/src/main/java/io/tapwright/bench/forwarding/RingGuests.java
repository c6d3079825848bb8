package io.tapwright.bench.forwarding;

import io.tapwright.bench.Report;
import io.tapwright.bench.Tools;
import io.tapwright.testkit.lab.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code src/main/c/rings}: guests that cost next to nothing a frame, so that the back-end is the limit. */
final class RingGuests implements Traffic {

    private final Path program;
    private final Cores cores;

    private RingGuests(Path program, Cores cores) {
        this.program = program;
        this.cores = cores;
    }

    /** @throws AssertionError where it does not compile */
    static RingGuests compile(Tools tools, Path directory, Cores cores) throws IOException {
        return new RingGuests(tools.compile("rings", directory, List.of("-O3", "-D_GNU_SOURCE")), cores);
    }

    @Override
    public String description() {
        return "src/bench/src/main/c/rings, which has rings and nothing else: rings of 1024, buffers of 2048 bytes (longer frames"
                + " take several), all of them described once, bursts of 32, split rings, mergeable receive buffers, no event"
                + " index; each frame's headers are written, and read where it arrives; huge pages; IPv4 and UDP in Ethernet; "
                + Report.figure(WARM_UP_SECONDS) + " s to warm up, " + Report.figure(SECONDS) + " s measured";
    }

    @Override
    public Measurement rate(BackEnd backEnd, Load load) throws IOException, InterruptedException {
        try (Guests guests = start(backEnd, load, WARM_UP_SECONDS, SECONDS)) {
            return Run.of(backEnd, guests, cores);
        }
    }

    /** How long a cache line takes from the guests' core to the back-end's and back, in nanoseconds. */
    double distanceNanos() {
        return Double.parseDouble(Command.run(Duration.ofSeconds(20), new byte[0], List.of(program.toString(),
                Integer.toString(cores.guests()), Integer.toString(cores.backEnd()))).orThrow().strip());
    }

    /** Guests that connect, and wait to be told to begin. */
    Guests start(BackEnd backEnd, Load load, double warmUpSeconds, double seconds) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString(), Integer.toString(load.size()), Integer.toString(load.ways()),
                Integer.toString(load.macs()), Integer.toString(cores.guests()), Integer.toString(cores.backEnd()),
                Double.toString(warmUpSeconds), Double.toString(seconds)));
        backEnd.ports().subList(0, load.ports()).forEach(port -> command.add(port.toString()));
        return Guests.start(program.resolveSibling("rings.log"), command);
    }
}
