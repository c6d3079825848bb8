package io.tapwright.testkit.lab;

/**
 * A guest's NIC of type ethernet with a target that libvirt leaves to others.
 *
 * @param cidr   the guest's address, empty for none
 * @param queues of {@code <driver queues>}, 1 for none written
 */
public record Nic(String mac, String tap, String cidr, int queues) {

    public static Nic of(String mac, String tap, String cidr) {
        return new Nic(mac, tap, cidr, 1);
    }

    public Nic withQueues(int count) {
        return new Nic(mac, tap, cidr, count);
    }

    public String xml() {
        return """
                <interface type='ethernet'>
                  <mac address='%s'/>
                  <target dev='%s' managed='no'/>
                  <model type='virtio'/>%s
                  <rom enabled='no'/>
                </interface>
                """.formatted(mac, tap, queues == 1 ? "" : "\n  <driver name='qemu' queues='" + queues + "'/>");
    }
}
