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
 * @param sharedMemory whether other processes can map its memory, as a switch in user space has to
 */
public record DomainSpec(DomainId id, String name, List<InterfaceSpec> interfaces, Map<MacAddress, String> networks,
        boolean sharedMemory) {

    /** The namespace of our element in a domain's {@code <metadata>}. */
    public static final String METADATA_NAMESPACE = "urn:tapwright:1";

    public DomainSpec {
        interfaces = List.copyOf(interfaces);
        networks = Map.copyOf(networks);
    }

    /** One whose memory is its own. */
    public DomainSpec(DomainId id, String name, List<InterfaceSpec> interfaces, Map<MacAddress, String> networks) {
        this(id, name, interfaces, networks, false);
    }

    public DomainSpec withInterfaces(List<InterfaceSpec> others) {
        return new DomainSpec(id, name, others, networks, sharedMemory);
    }
}
