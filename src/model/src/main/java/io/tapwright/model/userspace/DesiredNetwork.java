package io.tapwright.model.userspace;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One layer-2 segment: every frame stays among its ports.
 *
 * @param name  of the configuration
 * @param ports whose names differ
 */
public record DesiredNetwork(String name, List<DesiredPort> ports) {

    public DesiredNetwork {
        DesiredPort.requireName("network", name);
        ports = List.copyOf(ports);
        Set<String> names = new HashSet<>();
        for (DesiredPort port : ports) {
            if (!names.add(port.name())) {
                throw new IllegalArgumentException(
                        "port '" + port.name() + "' stands twice in network '" + name + "', expected each once");
            }
        }
    }
}
