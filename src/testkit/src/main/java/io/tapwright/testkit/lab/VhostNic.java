package io.tapwright.testkit.lab;

import java.nio.file.Path;

/**
 * A guest's NIC of type vhostuser, in memory that the guest shares.
 *
 * @param cidr the guest's address, empty for none
 * @param mode {@code client}: QEMU connects to the socket; {@code server}: QEMU listens there
 */
public record VhostNic(String mac, Path socket, String mode, String cidr) {

    /** Names the device for {@link #override()}; libvirt leaves names that begin so to its users. */
    private String alias() {
        return "ua-" + mac.replace(":", "");
    }

    String xml() {
        return """
                <interface type='vhostuser'>
                  <mac address='%s'/>
                  <source type='unix' path='%s' mode='%s'>%s</source>
                  <model type='virtio'/>
                  <alias name='%s'/>
                  <rom enabled='no'/>
                </interface>
                """.formatted(mac, socket, mode, mode.equals("client") ? "<reconnect enabled='yes' timeout='1'/>" : "", alias());
    }

    /** Without MSI-X, with which QEMU 7.2 crashes where it has no KVM. */
    String override() {
        return """
                <qemu:device alias='%s'><qemu:frontend><qemu:property name='vectors' type='unsigned' value='0'/></qemu:frontend></qemu:device>
                """.formatted(alias());
    }
}
