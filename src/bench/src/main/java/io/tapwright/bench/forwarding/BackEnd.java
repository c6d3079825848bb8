package io.tapwright.bench.forwarding;

import java.nio.file.Path;
import java.util.List;

/**
 * A switch that runs, whose ports listen.
 *
 * @param daemons the switch itself first, then what it needs
 * @param ports   the ports' sockets, all of one network
 */
record BackEnd(List<Daemon> daemons, List<Path> ports) implements AutoCloseable {

    long pid() {
        return daemons.getFirst().pid();
    }

    @Override
    public void close() {
        daemons.forEach(Daemon::close);
    }
}
