package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import java.util.UUID;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/** The other side: what an administrator does, over a connection of its own. */
final class TestDomains implements AutoCloseable {

    /** {@code VIR_DOMAIN_METADATA_ELEMENT} (libvirt/libvirt-domain.h). */
    private static final int METADATA_ELEMENT = 2;

    private final Connect connect;

    /** Call after a {@link LibvirtHypervisor} was started: libvirt's event loop must be registered before the first. */
    TestDomains(String uri) throws LibvirtException {
        connect = new Connect(uri);
    }

    static DomainId id(long number) {
        return new DomainId(new UUID(0x7a70_7772_6967_4000L, 0x8000_0000_0000_0000L | number));
    }

    static String xml(DomainId id, String name, String devices) {
        return "<domain type='test'><name>" + name + "</name><uuid>" + id + "</uuid><memory>8192</memory>"
                + "<os><type>hvm</type></os><devices>" + devices + "</devices></domain>";
    }

    static String nic(String mac, String target) {
        return "<interface type='ethernet'><mac address='" + mac + "'/><target dev='" + target
                + "' managed='no'/></interface>";
    }

    /** Adds or replaces a definition. */
    void define(String xml) throws LibvirtException {
        connect.domainDefineXML(xml).free();
    }

    /** Makes a transient domain. */
    void create(String xml) throws LibvirtException {
        connect.domainCreateXML(xml, 0).free();
    }

    void start(DomainId id) throws LibvirtException {
        with(id, Domain::create);
    }

    void suspendAndResume(DomainId id) throws LibvirtException {
        with(id, domain -> {
            domain.suspend();
            domain.resume();
        });
    }

    void reboot(DomainId id) throws LibvirtException {
        with(id, domain -> domain.reboot(0));
    }

    void destroy(DomainId id) throws LibvirtException {
        with(id, Domain::destroy);
    }

    void undefine(DomainId id) throws LibvirtException {
        with(id, Domain::undefine);
    }

    void setNetworks(DomainId id, String interfaces, int flags) throws LibvirtException {
        with(id, domain -> domain.setMetadata(METADATA_ELEMENT, "<networks>" + interfaces + "</networks>", "tapwright",
                "urn:tapwright:1", flags));
    }

    void attach(DomainId id, String device) throws LibvirtException {
        with(id, domain -> domain.attachDevice(device));
    }

    /** Ends a domain however it stands; none is no error. */
    void remove(DomainId id) {
        try {
            with(id, domain -> {
                boolean persistent = domain.isPersistent() == 1;
                if (domain.isActive() == 1) {
                    domain.destroy();
                }
                if (persistent) {
                    domain.undefine();
                }
            });
        } catch (LibvirtException e) {
            // Nothing is left to remove.
        }
    }

    private void with(DomainId id, Deed deed) throws LibvirtException {
        Domain domain = connect.domainLookupByUUID(id.uuid());
        try {
            deed.on(domain);
        } finally {
            domain.free();
        }
    }

    private interface Deed {
        void on(Domain domain) throws LibvirtException;
    }

    @Override
    public void close() throws LibvirtException {
        connect.close();
    }
}
