package io.tapwright.model.network;

import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every configured network, and the rules in the order in which they are tried.
 *
 * @param networks by name
 */
public record NetworkCatalog(Map<String, Network> networks, List<Rule> rules) {

    public NetworkCatalog {
        networks = Map.copyOf(networks);
        rules = List.copyOf(rules);
    }

    public Optional<Network> network(String name) {
        return Optional.ofNullable(networks.get(name));
    }

    /**
     * The network a NIC belongs to: by the domain's metadata, else by the first rule that matches, else
     * {@link Network#DEFAULT}.
     */
    public Assignment assign(DomainSpec domain, InterfaceSpec nic) {
        String byMetadata = domain.networks().get(nic.mac());
        if (byMetadata != null) {
            return resolve(byMetadata, "the domain's metadata assigns the NIC to network '" + byMetadata + "'");
        }
        for (Rule rule : rules) {
            if (rule.matches(domain.name(), nic)) {
                return resolve(rule.network(), "a rule assigns the NIC to network '" + rule.network() + "'");
            }
        }
        return resolve(Network.DEFAULT, "neither the domain's metadata nor a rule assigns the NIC, so it belongs to network 'default'");
    }

    private Assignment resolve(String name, String why) {
        Network network = networks.get(name);
        return network != null
                ? new Assignment.To(network)
                : new Assignment.Unknown(name, why + ", which the configuration does not have (it has "
                        + networks.keySet().stream().sorted().toList() + "); add it there, or assign the NIC to another");
    }

    /** Where a NIC belongs. */
    public sealed interface Assignment {

        record To(Network network) implements Assignment {
        }

        /** A network that the configuration doesn't have. */
        record Unknown(String name, String reason) implements Assignment {
        }
    }
}
