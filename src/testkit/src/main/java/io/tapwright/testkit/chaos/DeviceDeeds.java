package io.tapwright.testkit.chaos;

import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Command.Result;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** What somebody else's {@code ip} does to our devices. The thread that does things owns it. */
final class DeviceDeeds {

    private static final List<Integer> MTUS = List.of(1400, 1450, 1500, 3000, 9000);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final World world;
    private final LabShell shell;
    private final Victim victim;
    private final Random random;

    DeviceDeeds(World world, LabShell shell, Victim victim, Random random) {
        this.world = world;
        this.shell = shell;
        this.victim = victim;
        this.random = random;
    }

    List<Deed> all() {
        return List.of(
                new Deed("steal tap", 5, () -> onTap("ip link set %s master " + stealer())),
                new Deed("release tap", 3, () -> onTap("ip link set %s nomaster")),
                new Deed("lower tap", 3, () -> onTap("ip link set %s down")),
                new Deed("raise tap", 3, () -> onTap("ip link set %s up")),
                new Deed("size tap", 3, () -> onTap("ip link set %s mtu " + MTUS.get(random.nextInt(MTUS.size())))),
                new Deed("address tap", 2, () -> onTap("ip link set %s address 02:00:00:00:00:01")),
                new Deed("IPv6 on tap", 1, () -> onTap("echo 0 >/proc/sys/net/ipv6/conf/%s/disable_ipv6")),
                new Deed("rename tap", 3, () -> onTap("ip link set %1$s name x%1$s")),
                new Deed("delete tap", 4, this::delete),
                new Deed("swap names", 1, this::impersonate),
                new Deed("wipe mark", 3, this::wipe),
                new Deed("delete bridge", 2, this::deleteBridge),
                new Deed("external bridge", 4, this::externalBridge),
                new Deed("lower bridge", 2, this::lowerBridge),
                new Deed("size bridge", 2, this::sizeBridge),
                new Deed("address bridge", 1, () -> onKept("ip link set %s address 02:00:00:00:00:02")),
                new Deed("flush bridge", 2, () -> onKept("ip address flush dev %s")),
                new Deed("uplink", 2, this::uplink),
                new Deed("release uplink", 1, () -> onUplink("ip link set up0 nomaster")),
                new Deed("lower uplink", 1, () -> onUplink("ip link set up0 down")));
    }

    private String stealer() {
        return List.of(Decoys.BRIDGE, "br-def", "br-blue", "br-green").get(random.nextInt(4));
    }

    /** Any tap that should be there; whether it is depends on whether the agent lives, so all of this may fail. */
    private Optional<String> anyTap() {
        return Deed.pick(List.copyOf(world.wanted().taps().keySet()), random);
    }

    private Optional<String> onTap(String command) {
        return anyTap().map(tap -> tell(command.formatted(tap)));
    }

    private Optional<String> onKept(String command) {
        return Deed.pick(world.networks.values().stream().filter(b -> b.kept).toList(), random)
                .map(bridge -> tell(command.formatted(bridge.name)));
    }

    private Optional<String> onUplink(String command) {
        return world.uplinkPresent ? Optional.of(tell(command)) : Optional.empty();
    }

    private String tell(String command) {
        return command + (shell.run(command).ok() ? "" : " (failed)");
    }

    private Optional<String> delete() {
        return anyTap().map(this::delete);
    }

    /** Whose it is, its mark tells: what has this name may be another NIC's tap that was renamed. */
    private String delete(String tap) {
        Result deletion = shell.run("cat /sys/class/net/" + tap + "/ifalias && ip link delete " + tap);
        if (deletion.ok()) {
            world.domains.values().forEach(d -> d.live.stream().flatMap(f -> f.nics().stream())
                    .filter(n -> deletion.out().contains(" uuid=" + d.uuid + " mac=" + n.mac() + " "))
                    .forEach(n -> d.torn.add(n.mac())));
        }
        return tap + (deletion.ok() ? "" : " (failed)");
    }

    /** One tap goes, and another one takes its name. */
    private Optional<String> impersonate() {
        Optional<String> one = anyTap();
        Optional<String> other = anyTap().filter(t -> !Optional.of(t).equals(one));
        return one.isPresent() && other.isPresent()
                ? Optional.of("delete " + delete(one.get()) + ", " + tell("ip link set " + other.get() + " name " + one.get()))
                : Optional.empty();
    }

    /**
     * The mark is the only proof of ownership that outlives the agent, so one that is wiped off is ours again only while
     * the agent lives that saw it. Nobody kills it until it has put it back.
     */
    private Optional<String> wipe() {
        Optional<String> tap = anyTap();
        synchronized (victim) {
            if (tap.isEmpty() || !victim.isReady()) {
                return Optional.empty();
            }
            String path = "/sys/class/net/" + tap.get() + "/ifalias";
            String mark = world.wanted().taps().get(tap.get()).alias();
            if (!shell.run("cat " + path).out().equals(mark)) {
                return Optional.empty();
            }
            String alias = random.nextBoolean() ? "''" : "'somebody was here'";
            String told = tell("ip link set " + tap.get() + " alias " + alias);
            Await.until("the mark is back on " + tap.get(), PATIENCE, () -> shell.run("cat " + path).out(), mark::equals);
            return Optional.of(told);
        }
    }

    private Optional<String> deleteBridge() {
        return Deed.pick(world.networks.values().stream().filter(b -> b.kept).toList(), random).map(bridge -> {
            String told = tell("ip link delete " + bridge.name);
            if (!told.endsWith("(failed)")) {
                bridge.makeAnew();
            }
            return told;
        });
    }

    private Optional<String> externalBridge() {
        Bridge bridge = world.networks.get("ext");
        boolean recreate = random.nextInt(3) > 0;
        if (bridge.present) {
            shell.run("ip link delete br-ext").orThrow();
            bridge.present = false;
        }
        if (recreate) {
            shell.run(Decoys.MAKE_EXT).orThrow();
            bridge.makeAnew();
        }
        return Optional.of(recreate ? "anew" : "deleted");
    }

    private Optional<String> lowerBridge() {
        return Deed.pick(List.copyOf(world.networks.values()), random).filter(b -> b.present).map(bridge -> {
            bridge.up = bridge.kept || !bridge.up;
            return tell("ip link set " + bridge.name + (bridge.up && !bridge.kept ? " up" : " down"));
        });
    }

    private Optional<String> sizeBridge() {
        return Deed.pick(List.copyOf(world.networks.values()), random).filter(b -> b.present).map(bridge -> {
            int mtu = MTUS.get(random.nextInt(MTUS.size()));
            String told = tell("ip link set " + bridge.name + " mtu " + mtu);
            if (bridge.configuredMtu == 0 && !told.endsWith("(failed)")) {
                bridge.mtu = mtu;
            }
            return told;
        });
    }

    private Optional<String> uplink() {
        shell.run(world.uplinkPresent ? "ip link delete up0" : Decoys.MAKE_UPLINK).orThrow();
        world.uplinkPresent = !world.uplinkPresent;
        return Optional.of(world.uplinkPresent ? "back" : "gone");
    }
}
