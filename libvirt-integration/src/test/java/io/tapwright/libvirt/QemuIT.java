package io.tapwright.libvirt;

import static io.tapwright.libvirt.TestDomains.id;
import static io.tapwright.libvirt.TestDomains.nic;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.InterfaceSpec;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What only QEMU does: devices that come and go, and resets. The guest has no system, it sits in its firmware. */
class QemuIT {

    private static final DomainId A = id(1);
    private static LibvirtLab lab;

    private final RecordingListener heard = new RecordingListener();
    private LibvirtHypervisor hypervisor;

    @BeforeAll
    static void up() {
        lab = LibvirtLab.up();
        lab.run("", "ip", "tuntap", "add", "tap0", "mode", "tap", "vnet_hdr", "user", "libvirt-qemu");
        lab.run("", "ip", "tuntap", "add", "tap1", "mode", "tap", "vnet_hdr", "user", "libvirt-qemu");
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @BeforeEach
    void start() {
        hypervisor = new LibvirtHypervisor(LibvirtSettings.of(lab.uri("qemu", "system")), InstantSource.system());
        hypervisor.start(heard);
        heard.awaitListing();
        virsh("<domain type='qemu'><name>vm</name><uuid>" + A + "</uuid><memory unit='MiB'>32</memory>"
                + "<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>"
                + "<devices><controller type='pci' index='0' model='pcie-root'/>"
                + "<controller type='pci' index='1' model='pcie-root-port'/>"
                + "<controller type='pci' index='2' model='pcie-root-port'/>"
                + "<controller type='usb' model='none'/><memballoon model='none'/>"
                + nic("52:54:00:aa:00:01", "tap0").replace("<target", "<model type='virtio'/><target")
                + "</devices></domain>", "create", "/dev/stdin");
        heard.await("running", l -> l.known.containsKey(A) && l.known.get(A).active());
    }

    @AfterEach
    void close() {
        if (heard.look(l -> l.known.containsKey(A))) {
            virsh("", "destroy", "vm");
            heard.await("gone", l -> l.gone.contains(A));
        }
        hypervisor.close();
        assertThat(Resources.now().threads()).isZero();
    }

    private static void virsh(String input, String... command) {
        String[] all = new String[command.length + 1];
        all[0] = "virsh";
        System.arraycopy(command, 0, all, 1, command.length);
        lab.run(input, all);
    }

    private void awaitNics(int count) {
        heard.await(count + " NICs", l -> l.known.get(A).live().orElseThrow().interfaces().size() == count);
    }

    @Test
    void hearsOfDevicesThatComeAndGoWhateverTheGarbageCollectorDoes() {
        for (int i = 0; i < 20; i++) {
            byte[][] garbage = new byte[16][1 << 20];
            assertThat(garbage).hasDimensions(16, 1 << 20);
            System.gc();
        }
        virsh(nic("52:54:00:aa:00:02", "tap1").replace("<target", "<model type='virtio'/><target"),
                "attach-device", "vm", "/dev/stdin", "--live");
        heard.await("DEVICE_ADDED", l -> l.events.contains("DEVICE_ADDED"));
        awaitNics(2);
        InterfaceSpec added = heard.known.get(A).live().orElseThrow().interfaces().getLast();
        assertThat(added.target()).contains("tap1");
        assertThat(added.alias()).contains("net1");

        System.gc();
        virsh("", "detach-device-alias", "vm", "net1", "--live");
        virsh("", "reset", "vm"); // a guest without a system never lets go, a machine that is reset does
        heard.await("DEVICE_REMOVED", l -> l.events.contains("DEVICE_REMOVED"));
        awaitNics(1);
    }

    @Test
    void aLinkSetDownOfWhichLibvirtSendsNoEventIsSeenByAListing() {
        DomainReport before = heard.look(l -> l.known.get(A));
        virsh("", "domif-setlink", "vm", "tap0", "down");
        hypervisor.refreshAll();
        heard.await("link down", l -> !l.known.get(A).live().orElseThrow().interfaces().getFirst().linkUp());
        assertThat(before.live().orElseThrow().interfaces().getFirst().linkUp()).isTrue();
    }

    @Test
    void aTextThatIsTheSameIsNotParsedAgain() {
        heard.await("at rest", l -> l.events.contains("STARTED") || !l.reports.isEmpty());
        hypervisor.refreshAll();
        heard.await("a listing", l -> l.listings.size() == 2);
        DomainReport first = heard.look(l -> l.known.get(A));
        hypervisor.refreshAll();
        heard.await("another", l -> l.listings.size() == 3);
        DomainReport second = heard.look(l -> l.known.get(A));
        assertThat(second.readStartedNanos()).isGreaterThan(first.readStartedNanos());
        assertThat(second.live().orElseThrow()).isSameAs(first.live().orElseThrow());
    }

    @Test
    void hearsOfAReset() {
        virsh("", "reset", "vm");
        heard.await("REBOOT", l -> l.events.contains("REBOOT"));
    }

    @Test
    void seesRunningDomainsAgainAfterLibvirtdWasKilled() {
        lab.libvirtd("kill");
        heard.await("lost", l -> !l.states.getLast().isConnected());
        lab.libvirtd("start");
        heard.await("listed again", l -> l.listings.size() == 2 && l.known.containsKey(A) && l.known.get(A).active());
        virsh("", "suspend", "vm");
        heard.await("SUSPENDED", l -> l.events.contains("SUSPENDED"));
    }
}
