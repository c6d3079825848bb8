package io.tapwright.testkit.chaos;

import io.tapwright.testkit.lab.Await;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** What can happen only to domains that QEMU runs. The thread that does things owns it. */
final class QemuDeeds {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final World world;
    private final Libvirt libvirt;
    private final LabShell shell;
    private final DomainDeeds domains;
    private final Random random;

    QemuDeeds(World world, Libvirt libvirt, LabShell shell, DomainDeeds domains, Random random) {
        this.world = world;
        this.libvirt = libvirt;
        this.shell = shell;
        this.domains = domains;
        this.random = random;
    }

    List<Deed> all() {
        return List.of(
                new Deed("crash", 4, this::crash),
                new Deed("hot-plug", 8, this::plug),
                new Deed("set link", 4, this::setLink),
                new Deed("start cut short", 3, this::startCutShort));
    }

    private Optional<ModelDomain> running() {
        return Deed.pick(world.domains.values().stream().filter(ModelDomain::isRunning).toList(), random);
    }

    Optional<String> crash() {
        return running().map(domain -> {
            kill(domain);
            Await.until("libvirt has seen that " + domain.name + " died", PATIENCE, () -> libvirt.isRunning(domain.name),
                    Boolean.FALSE::equals);
            return domain.name;
        });
    }

    /** Whoever calls this sees to it that libvirt gets to know. */
    private void kill(ModelDomain domain) {
        shell.run("kill -KILL \"$(cat /run/libvirt/qemu/" + domain.name + ".pid)\"").orThrow();
        domain.stopped();
        if (domain.isGone()) {
            world.domains.remove(domain.name);
        }
    }

    /** A QEMU that dies while libvirtd is away. */
    void crashUnseen() {
        running().ifPresent(this::kill);
    }

    /** By the book: into the definition first, then, when the tap is there, into the machine. */
    private Optional<String> plug() {
        return running().filter(d -> d.config.isPresent() && d.live.orElseThrow().nics().size() < 6).map(domain -> {
            NicForm nic = domains.newNic(true).withQueues(1);
            String file = libvirt.file(nic).toString();
            libvirt.virsh("attach-device " + domain.name + " " + file + " --config").orThrow();
            // The metadata does not follow by itself: the NIC belongs where it belongs without.
            NicForm plain = nic.withNetwork(Optional.empty());
            domain.config = domain.config.map(f -> f.plus(plain));
            shell.run("for i in $(seq 30); do [ ! -e /sys/class/net/" + nic.target() + " ] || break; sleep 0.1; done");
            if (!libvirt.virsh("attach-device " + domain.name + " " + file + " --live").ok()) {
                return "refused " + domain.name + " " + plain;
            }
            domain.live = domain.live.map(f -> f.plus(plain));
            return domain.name + " " + plain;
        });
    }

    /** libvirtd dies somewhere on the way of a start; what came of it, libvirt itself has to say afterwards. */
    private Optional<String> startCutShort() {
        return Deed.pick(world.domains.values().stream().filter(d -> !d.isRunning()).toList(), random).map(domain -> {
            shell.run("timeout 30 virsh -q start " + domain.name + " </dev/null >/dev/null 2>&1 &\nsleep 0."
                    + "%03d".formatted(random.nextInt(800)));
            libvirt.restart(true, () -> shell.run("wait"));
            // It looks after what it finds running in the background.
            boolean runs = Await.until("libvirt knows whether " + domain.name + " runs", PATIENCE, () -> {
                boolean before = libvirt.isRunning(domain.name);
                shell.run("sleep 0.7");
                return before == libvirt.isRunning(domain.name) ? Optional.of(before) : Optional.<Boolean>empty();
            }, Optional::isPresent).orElseThrow();
            if (runs) {
                domain.started(domain.config.orElseThrow());
            } else {
                // A QEMU of which libvirtd had not written down yet that there is one.
                shell.run("kill -KILL \"$(cat /run/libvirt/qemu/" + domain.name + ".pid)\"");
            }
            return domain.name + (runs ? " runs" : " does not run");
        });
    }

    private Optional<String> setLink() {
        return running().flatMap(domain -> Deed.pick(domain.live.orElseThrow().nics(), random).map(nic -> {
            libvirt.virsh("domif-setlink " + domain.name + " " + nic.mac() + " " + (nic.linkUp() ? "down" : "up")).orThrow();
            domain.live = domain.live.map(f -> f.change(nic.mac(), n -> n.withLink(!n.linkUp())));
            return domain.name + " " + nic.mac() + " link " + (nic.linkUp() ? "down" : "up");
        }));
    }
}
