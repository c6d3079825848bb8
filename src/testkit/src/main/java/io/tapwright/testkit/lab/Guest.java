package io.tapwright.testkit.lab;

import io.tapwright.testkit.lab.Command.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A small QEMU guest with a shell on its serial console. */
public final class Guest {

    private static final String MEBIBYTES_A_SECOND = "20";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Lab lab;
    private final String name;
    private final UUID uuid;
    private final List<Nic> nics = new ArrayList<>();
    private final List<VhostNic> vhostNics = new ArrayList<>();
    private boolean sharedMemory = true;
    private String metadata = "";
    private String moreInterfaces = "";

    Guest(Lab lab, String name) {
        this(lab, name, UUID.randomUUID());
    }

    private Guest(Lab lab, String name, UUID uuid) {
        this.lab = lab;
        this.name = name;
        this.uuid = uuid;
    }

    public String name() {
        return name;
    }

    public String uuid() {
        return uuid.toString();
    }

    public Guest nic(Nic nic) {
        nics.add(nic);
        return this;
    }

    public Guest nic(VhostNic nic) {
        vhostNics.add(nic);
        return this;
    }

    /** Keeps its memory to itself, which no NIC of type vhostuser works with. */
    public Guest withoutSharedMemory() {
        sharedMemory = false;
        return this;
    }

    public Guest clearNics() {
        nics.clear();
        return this;
    }

    /** Interfaces of other kinds, as XML. */
    public Guest interfaces(String xml) {
        moreInterfaces = xml;
        return this;
    }

    /** Assigns one of its NICs to a network, in its metadata. */
    public Guest network(String mac, String network) {
        metadata += "<tapwright:interface mac='%s' network='%s'/>".formatted(mac, network);
        return this;
    }

    public String xml() {
        GuestImage image = lab.image();
        String addresses = Stream.concat(
                        nics.stream().filter(n -> !n.cidr().isEmpty()).map(n -> n.mac() + "=" + n.cidr()),
                        vhostNics.stream().filter(n -> !n.cidr().isEmpty()).map(n -> n.mac() + "=" + n.cidr()))
                .collect(Collectors.joining(","));
        String networks = metadata.isEmpty() ? ""
                : "<metadata><tapwright:networks xmlns:tapwright='urn:tapwright:1'>" + metadata + "</tapwright:networks></metadata>";
        return """
                <domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
                  <name>%s</name>
                  <uuid>%s</uuid>
                  %s
                  <memory unit='MiB'>160</memory>
                  %s<vcpu>1</vcpu>
                  <os><type arch='x86_64' machine='pc'>hvm</type>
                    <kernel>%s</kernel><initrd>%s</initrd><cmdline>%s %s</cmdline></os>
                  <features><acpi/></features>
                  <devices>
                    <emulator>/usr/bin/qemu-system-x86_64</emulator>
                    %s%s%s
                    <serial type='unix'><source mode='bind' path='%s'/></serial>
                    <controller type='usb' model='none'/>
                    <memballoon model='none'/>
                  </devices>
                  %s
                </domain>
                """.formatted(name, uuid, networks,
                vhostNics.isEmpty() || !sharedMemory ? "" : "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>",
                image.kernel(), image.initrd(), image.append(),
                addresses.isEmpty() ? "" : "tw.net=" + addresses,
                nics.stream().map(Nic::xml).collect(Collectors.joining()),
                vhostNics.stream().map(VhostNic::xml).collect(Collectors.joining()), moreInterfaces, serial(),
                vhostNics.isEmpty() || !lab.ownQemu() ? "" : "<qemu:override>"
                        + vhostNics.stream().map(VhostNic::override).collect(Collectors.joining()) + "</qemu:override>");
    }

    public Guest define() {
        lab.virsh("define", lab.write(name + ".xml", xml()).toString()).orThrow();
        return this;
    }

    public Result start() {
        return lab.virsh("start", name);
    }

    /** Starts it without defining it. */
    public Result create() {
        return lab.virsh("create", lab.write(name + ".xml", xml()).toString());
    }

    public Result destroy() {
        return lab.virsh("destroy", name);
    }

    public Result undefine() {
        return lab.virsh("undefine", name);
    }

    /**
     * Moves to another host as it runs, and is defined on both from then on.
     *
     * @param address of the other host, for QEMU to send it to
     * @return the same guest, there; not to be asked here any more
     */
    public Guest migrate(Lab to, String address) {
        // So slowly that the guest does something meanwhile. What differs between the two is where their files lie.
        String there = lab.virsh("dumpxml", "--migratable", name).orThrow().replace(lab.dir().toString(), to.dir().toString());
        String file = to.write(name + ".xml", there).toString();
        Command.run(Duration.ofSeconds(120), new byte[0], List.of("virsh", "-q", "-c", lab.uri(), "migrate", "--live", "--persistent",
                "--bandwidth", MEBIBYTES_A_SECOND, "--xml", file, "--persistent-xml", file, "--migrateuri", "tcp:" + address,
                name, to.uri())).orThrow();
        return new Guest(to, name, uuid);
    }

    /** Runs a line of shell in the guest; waits for its boot where it has only just started. */
    public Result sh(String line) {
        return sh(line, PATIENCE);
    }

    /** @param atMost for the boot and the line together; fails if they take longer */
    public Result sh(String line, Duration atMost) {
        return Command.run(atMost.plus(PATIENCE), new byte[0], List.of(Lab.script("guest"), "sh", serial().toString(),
                "--wait", Long.toString(atMost.toSeconds()), "--", line));
    }

    /** Five pings; true if at least one came back. */
    public boolean canReach(String address) {
        return sh("ping -c 5 -i 0.2 -W 2 " + address).out().contains(" bytes from ");
    }

    private Path serial() {
        return lab.dir().resolve("vm").resolve(name + ".sock");
    }
}
