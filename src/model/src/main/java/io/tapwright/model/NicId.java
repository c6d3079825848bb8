package io.tapwright.model;

/** A virtual machine's NIC: its domain and its MAC address, which libvirt fixes when the domain is defined. */
public record NicId(DomainId domain, MacAddress mac) implements Comparable<NicId> {

    @Override
    public int compareTo(NicId other) {
        int byDomain = domain.compareTo(other.domain);
        return byDomain != 0 ? byDomain : mac.compareTo(other.mac);
    }

    @Override
    public String toString() {
        return domain + "/" + mac;
    }
}
