package io.tapwright.testkit.chaos;

import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Lab;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * One run of chaos. The seed decides what happens and when; how far each thing gets before the next one is the machine's
 * affair. Used by one thread.
 */
public final class ChaosRun {

    private static final Duration STARTED = Duration.ofSeconds(40);
    private static final Duration SETTLED = Duration.ofSeconds(10);
    private static final int REMEMBERED = 60;

    /**
     * How long and how hard.
     *
     * @param kills    of the agent, at least this many
     * @param duration at least this long
     * @param working  the longest that the agent is let work between two kills
     * @param stretch  between two quiet points
     * @param domains  at most at once
     * @param pause    the longest between two operations
     */
    public record Plan(Driver driver, long seed, Duration duration, int kills, Duration working, Duration stretch, int domains,
            Duration pause) {
    }

    private final Plan plan;
    private final Lab lab;
    private final LabShell shell;
    private final Random random;
    private final World world;
    private final Map<String, String> foreign;
    private final Victim victim;
    private final Assassin assassin;
    private final Libvirt libvirt;
    private final List<Deed> deeds = new ArrayList<>();
    private final DomainDeeds domains;
    private final Deque<String> done = new ArrayDeque<>();
    private final Map<String, Integer> counts = new TreeMap<>();
    private final List<Duration> settled = new ArrayList<>();
    private final List<String> mismatches = new ArrayList<>();
    private int operations;

    private ChaosRun(Plan plan, Lab lab, LabShell shell) {
        this.plan = plan;
        this.lab = lab;
        this.shell = shell;
        this.random = new Random(plan.seed());
        this.world = new World(plan.driver(), Decoys.NAMES);
        Decoys.make(shell);
        this.foreign = Decoys.fingerprints(shell);
        this.victim = new Victim(lab, World.CONFIGURATION.formatted(plan.driver().uri()));
        this.assassin = new Assassin(victim, new Random(plan.seed() + 1), plan.working());
        this.libvirt = new Libvirt(lab, shell, plan.driver());
        this.domains = new DomainDeeds(world, libvirt, random, plan.domains());
        deeds.addAll(domains.all());
        deeds.addAll(new DeviceDeeds(world, shell, victim, random).all());
        QemuDeeds qemu = new QemuDeeds(world, libvirt, shell, domains, random);
        if (plan.driver() == Driver.QEMU) {
            deeds.addAll(qemu.all());
        }
        deeds.add(new Deed("libvirtd", plan.driver() == Driver.QEMU ? 4 : 1, () -> Optional.of(restartLibvirtd(qemu))));
    }

    /**
     * Does it, in a lab of its own that is gone afterwards.
     *
     * @param progress hears a line at each quiet point
     */
    public static ChaosReport run(Plan plan, Consumer<String> progress) {
        try (Lab lab = Lab.up(plan.driver() == Driver.QEMU); LabShell shell = LabShell.open(lab)) {
            ChaosRun run = new ChaosRun(plan, lab, shell);
            try (run.victim; run.assassin) {
                return run.go(progress);
            }
        }
    }

    private ChaosReport go(Consumer<String> progress) {
        long begun = System.nanoTime();
        victim.start();
        quiet();
        while (mismatches.isEmpty() && (System.nanoTime() - begun < plan.duration().toNanos() || assassin.kills() < plan.kills())) {
            stretch();
            quiet();
            progress.accept("%5d s: agent kills %d, operations %d, domains %d, settled in %d ms%s".formatted(
                    (System.nanoTime() - begun) / 1_000_000_000, assassin.kills(), operations, world.domains.size(),
                    settled.isEmpty() ? -1 : settled.getLast().toMillis(), mismatches.isEmpty() ? "" : ", MISMATCH"));
        }
        return new ChaosReport(plan.driver(), plan.seed(), Duration.ofNanos(System.nanoTime() - begun), assassin.kills(),
                assassin.killsBeforeReady(), libvirt.kills(), operations, counts, settled, mismatches);
    }

    private void stretch() {
        long end = System.nanoTime() + plan.stretch().toNanos();
        assassin.letLoose();
        try {
            while (System.nanoTime() - end < 0) {
                String told = world.domains.size() < plan.domains() / 2 && random.nextBoolean()
                        ? "define: " + domains.define().orElseThrow()
                        : Deed.any(deeds, random, name -> counts.merge(name, 1, Integer::sum));
                operations++;
                remember(told);
                Thread.sleep(random.nextLong(plan.pause().toMillis() + 1));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (AssertionError e) {
            throw new AssertionError(everything(List.of(String.valueOf(e.getMessage()))), e);
        } finally {
            assassin.hold();
        }
    }

    private void remember(String told) {
        done.addLast(LocalTime.now() + " kills " + assassin.kills() + " " + told);
        if (done.size() > REMEMBERED) {
            done.removeFirst();
        }
    }

    private String restartLibvirtd(QemuDeeds qemu) {
        boolean kill = random.nextInt(3) > 0;
        boolean crash = plan.driver() == Driver.QEMU && random.nextBoolean();
        libvirt.restart(kill, () -> {
            if (crash) {
                qemu.crashUnseen();
            }
        });
        if (plan.driver() == Driver.TEST) {
            // Its domains lived in libvirtd's memory.
            world.domains.clear();
        }
        return (kill ? "killed" : "restarted") + (crash ? ", and a QEMU meanwhile" : "");
    }

    /** Nothing happens any more: what is there has to become what should be, and to stay it. */
    private void quiet() {
        try {
            Await.until("the agent is ready", STARTED, victim::isReady, Boolean.TRUE::equals);
        } catch (AssertionError e) {
            mismatches.add(everything(List.of(e.getMessage())));
            return;
        }
        long begun = System.nanoTime();
        List<String> differences = compare();
        while (!differences.isEmpty() && System.nanoTime() - begun < SETTLED.toNanos()) {
            differences = compare();
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        if (differences.isEmpty()) {
            settled.add(took);
            differences = compare();
        }
        if (!differences.isEmpty()) {
            mismatches.add(everything(differences));
        }
    }

    private List<String> compare() {
        return Comparison.of(world, Observation.in(shell), foreign);
    }

    private String everything(List<String> differences) {
        return "seed " + plan.seed() + ", after " + operations + " operations and " + assassin.kills() + " kills\n"
                + String.join("\n", differences) + "\n-- the last operations\n" + String.join("\n", done) + "\n"
                + victim.logTail(60) + "-- the kernel's devices\n" + shell.run("ip -d link").out()
                + "\n-- libvirt's domains\n" + libvirt.virsh("list --all").out()
                + "\n-- the agent's status\n" + shell.run("curl -s --max-time 3 http://127.0.0.1:9470/api/v1/status").out();
    }
}
