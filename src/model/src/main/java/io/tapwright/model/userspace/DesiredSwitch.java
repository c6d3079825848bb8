package io.tapwright.model.userspace;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** All that the switch is to have, and nothing else: what it has besides goes. */
public record DesiredSwitch(List<DesiredNetwork> networks) {

    public static final DesiredSwitch EMPTY = new DesiredSwitch(List.of());

    public DesiredSwitch {
        networks = List.copyOf(networks);
        Set<String> names = new HashSet<>();
        for (DesiredNetwork network : networks) {
            if (!names.add(network.name())) {
                throw new IllegalArgumentException("network '" + network.name() + "' stands twice, expected each once");
            }
        }
    }
}
