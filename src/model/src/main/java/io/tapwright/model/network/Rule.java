package io.tapwright.model.network;

import io.tapwright.model.Glob;
import io.tapwright.model.domain.InterfaceSpec;
import java.util.Optional;

/**
 * Sends the NICs that match everything it names to one network.
 *
 * @param domain    pattern of domain names
 * @param macPrefix leading octets of the NIC's MAC address, lower case with colons
 * @param target    pattern of {@code <target dev>} names
 */
public record Rule(Optional<Glob> domain, Optional<String> macPrefix, Optional<Glob> target, String network) {

    boolean matches(String domainName, InterfaceSpec nic) {
        return domain.map(g -> g.matches(domainName)).orElse(true)
                && macPrefix.map(p -> nic.mac().text().startsWith(p)).orElse(true)
                && target.map(g -> nic.target().filter(g::matches).isPresent()).orElse(true);
    }
}
