package io.tapwright.model.domain;

import io.tapwright.model.DomainId;
import io.tapwright.model.MacAddress;
import java.util.List;
import java.util.Map;

/**
 * What one domain XML says that matters here.
 *
 * @param interfaces in document order
 * @param networks   the domain's own assignment of NICs to networks, from its
 *                   {@code <tapwright:networks xmlns:tapwright="urn:tapwright:1">} metadata
 */
public record DomainSpec(DomainId id, String name, List<InterfaceSpec> interfaces, Map<MacAddress, String> networks) {

    /** The namespace of our element in a domain's {@code <metadata>}. */
    public static final String METADATA_NAMESPACE = "urn:tapwright:1";

    public DomainSpec {
        interfaces = List.copyOf(interfaces);
        networks = Map.copyOf(networks);
    }
}
