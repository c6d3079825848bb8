package io.tapwright.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * What the kernel alone needs for a fleet's taps, by C that makes the same calls as hostnet: the yardstick.
 *
 * @param wireMicros creating, attaching, raising, reading back
 * @param openMicros opening each once more, as QEMU does
 * @param cpuMicros  CPU time of wiring
 */
record KernelCost(long wireMicros, long openMicros, long cpuMicros) {

    private static final String PREFIX = "vnet";

    long micros() {
        return wireMicros + openMicros;
    }

    /** On bridges one after the other, each with as many ports as it will have; all in the lab, which is empty again after. */
    static KernelCost measure(BenchLab lab, Fleet fleet) throws IOException {
        Path peer = Files.copy(lab.tools().program("tap_peer"), lab.file("tap_peer"), StandardCopyOption.REPLACE_EXISTING,
                StandardCopyOption.COPY_ATTRIBUTES);
        long wire = 0;
        long open = 0;
        long cpu = 0;
        for (int nic = 0; nic < fleet.nics(); nic++) {
            lab.sh("ip link add br-peer type bridge && ip link set br-peer up");
            String[] nanos = lab.run(peer.toString(), "netlink", Integer.toString(fleet.domains()), "br-peer")
                    .strip().split(" ");
            wire += (Long.parseLong(nanos[0]) + Long.parseLong(nanos[1]) + Long.parseLong(nanos[2])) / 1000;
            cpu += Long.parseLong(nanos[3]) / 1000;
            try (Holder holder = Holder.start(lab, PREFIX, fleet.domains())) {
                open += holder.awaitAll();
            }
            remove(lab, fleet.domains());
        }
        return new KernelCost(wire, open, cpu);
    }

    private static void remove(BenchLab lab, int count) {
        lab.sh("i=0; while [ $i -lt " + count + " ]; do echo link set dev " + PREFIX + "$i group 7; i=$((i + 1)); done"
                + " | ip -batch - && ip link del group 7 && ip link del br-peer");
    }
}
