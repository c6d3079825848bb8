package io.tapwright.testkit.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A switch in a lab, with its sockets in {@code DIR/vm/switch}, which QEMU's user reaches. */
public final class SwitchProcess implements AutoCloseable {

    private final LabProcess process;

    private SwitchProcess(LabProcess process) {
        this.process = process;
    }

    static Path directory(Lab lab) {
        return lab.dir().resolve("vm/switch");
    }

    static SwitchProcess start(Lab lab) {
        // The set-group-id bit gives every socket in it the group that QEMU runs with.
        lab.sh("mkdir -p %1$s && chgrp libvirt-qemu %1$s && chmod 2770 %1$s".formatted(directory(lab)));
        return new SwitchProcess(LabProcess.start(lab, "switch", ": ready at ", Map.of(),
                List.of(launcher().toString(),
                        "--control-socket", controlSocket(lab).toString(), "--socket-directory", directory(lab).toString())));
    }

    static Path controlSocket(Lab lab) {
        return lab.dir().resolve("vm/switch.sock");
    }

    public String log() {
        return process.log();
    }

    public long pid() {
        return process.pid();
    }

    /** Ends it with SIGKILL and waits for that. */
    public void kill() {
        process.kill();
    }

    @Override
    public void close() {
        process.close();
    }

    /** What starts the built switch as its service starts the installed one. */
    static Path launcher() {
        Path jars = Lab.root().resolve("src/switchd/target/lib");
        if (!Files.exists(jars)) {
            throw new IllegalStateException(jars + " is missing: build the switch first");
        }
        return Lab.root().resolve("deploy/lib/switch");
    }
}
