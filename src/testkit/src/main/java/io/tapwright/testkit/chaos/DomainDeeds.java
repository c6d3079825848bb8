package io.tapwright.testkit.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.Predicate;

/** What can happen to domains, by libvirt's own means on either driver. The thread that does things owns it. */
final class DomainDeeds {

    private static final List<String> NETWORKS = List.of("default", "blue", "green", "ext", "nowhere");

    private final World world;
    private final Libvirt libvirt;
    private final Random random;
    private final int most;
    private int domainsMade;
    private int nicsMade;

    /** @param most domains at once */
    DomainDeeds(World world, Libvirt libvirt, Random random, int most) {
        this.world = world;
        this.libvirt = libvirt;
        this.random = random;
        this.most = most;
    }

    List<Deed> all() {
        return List.of(
                new Deed("define", 10, this::define),
                new Deed("create", 3, this::create),
                new Deed("start", 16, this::start),
                new Deed("destroy", 9, this::destroy),
                new Deed("undefine", 4, this::undefine),
                new Deed("redefine", 10, this::redefine),
                new Deed("metadata", 6, this::metadata),
                new Deed("suspend", 2, () -> sendAll("suspend")),
                new Deed("resume", 2, () -> sendAll("resume")));
    }

    private Optional<ModelDomain> any(Predicate<ModelDomain> which) {
        return Deed.pick(world.domains.values().stream().filter(which).toList(), random);
    }

    NicForm newNic(boolean usable) {
        int n = ++nicsMade;
        String mac = "52:54:00:%02x:%02x:%02x".formatted(n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff);
        String target = !usable && random.nextInt(25) == 0
                ? Deed.pick(Decoys.NAMES.stream().sorted().toList(), random).orElseThrow() : newTarget();
        return new NicForm(mac, target, random.nextInt(5) == 0 ? 2 : 1, random.nextInt(8) != 0, network(usable));
    }

    private String newTarget() {
        return "tap" + ++nicsMade;
    }

    private Optional<String> network(boolean usable) {
        return random.nextInt(3) == 0 ? Optional.empty()
                : Deed.pick(usable || random.nextInt(8) != 0 ? NETWORKS.subList(0, 4) : NETWORKS, random);
    }

    private ModelDomain newDomain() {
        int n = ++domainsMade;
        return new ModelDomain((n % 5 == 0 ? "ruled-" : "dom-") + n, new UUID(random.nextLong(), random.nextLong()).toString()
                .replaceFirst("^(.{14}).(.{4}).", "$14$28"));
    }

    private DomainForm newForm(ModelDomain domain) {
        List<NicForm> nics = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            NicForm nic = newNic(false);
            if (nics.stream().noneMatch(other -> other.target().equals(nic.target()))) {
                nics.add(nic);
            }
        }
        return new DomainForm(domain.name, domain.uuid, nics);
    }

    Optional<String> define() {
        if (world.domains.size() >= most) {
            return Optional.empty();
        }
        ModelDomain domain = newDomain();
        DomainForm form = newForm(domain);
        libvirt.virsh("define " + libvirt.file(form)).orThrow();
        domain.config = Optional.of(form);
        world.domains.put(domain.name, domain);
        return Optional.of(form.toString());
    }

    private Optional<String> create() {
        if (world.domains.size() >= most) {
            return Optional.empty();
        }
        ModelDomain domain = newDomain();
        DomainForm form = newForm(domain);
        if (!libvirt.virsh("create " + libvirt.file(form)).ok() && !libvirt.isRunning(domain.name)) {
            return Optional.of("refused " + domain.name);
        }
        domain.started(form);
        world.domains.put(domain.name, domain);
        return Optional.of(form.toString());
    }

    private Optional<String> start() {
        return any(d -> !d.isRunning()).map(domain -> {
            String how = libvirt.startsPaused() && random.nextInt(4) == 0 ? " --paused" : "";
            if (libvirt.virsh("start " + domain.name + how).ok() || libvirt.isRunning(domain.name)) {
                domain.started(domain.config.orElseThrow());
                return domain.name + how;
            }
            return "refused " + domain.name;
        });
    }

    private Optional<String> destroy() {
        return any(ModelDomain::isRunning).map(domain -> {
            libvirt.virsh("destroy " + domain.name).orThrow();
            domain.stopped();
            forgetIfGone(domain);
            return domain.name;
        });
    }

    private Optional<String> undefine() {
        return any(d -> d.config.isPresent()).map(domain -> {
            libvirt.virsh("undefine " + domain.name).orThrow();
            domain.config = Optional.empty();
            forgetIfGone(domain);
            return domain.name;
        });
    }

    private void forgetIfGone(ModelDomain domain) {
        if (domain.isGone()) {
            world.domains.remove(domain.name);
        }
    }

    private Optional<String> sendAll(String command) {
        return any(ModelDomain::isRunning).map(domain -> {
            libvirt.virsh(command + " " + domain.name);
            return domain.name;
        });
    }

    private Optional<String> redefine() {
        return any(d -> d.config.isPresent()).flatMap(domain -> {
            DomainForm now = domain.config.orElseThrow();
            DomainForm form = changed(domain, now);
            if (form.equals(now)) {
                return Optional.empty();
            }
            libvirt.virsh("define " + libvirt.file(form)).orThrow();
            domain.config = Optional.of(form);
            return Optional.of((domain.isRunning() ? "running " : "") + form);
        });
    }

    /** A change of the definition, of any kind that leaves every target name to one NIC. */
    private DomainForm changed(ModelDomain domain, DomainForm form) {
        Optional<NicForm> any = Deed.pick(form.nics(), random);
        if (any.isEmpty() || form.nics().size() < 5 && random.nextInt(6) == 0) {
            NicForm more = newNic(false);
            boolean taken = form.nics().stream().anyMatch(n -> n.target().equals(more.target()))
                    || domain.live.stream().flatMap(l -> l.nics().stream()).anyMatch(n -> n.target().equals(more.target()));
            return form.plus(taken ? more.withTarget(newTarget()) : more);
        }
        NicForm nic = any.get();
        return switch (random.nextInt(6)) {
            case 0 -> form.change(nic.mac(), n -> n.withNetwork(network(false)));
            case 1 -> form.change(nic.mac(), n -> n.withTarget(newTarget()));
            case 2 -> form.change(nic.mac(), n -> n.withQueues(n.queues() == 1 ? 2 : 1));
            case 3 -> form.change(nic.mac(), n -> n.withLink(!n.linkUp()));
            case 4 -> form.withNics(form.nics().stream().filter(n -> n != nic).toList());
            // Two NICs trade names; on a machine that runs, names that its own NICs have.
            default -> form.nics().size() < 2 || domain.isRunning() ? form : traded(form);
        };
    }

    private static DomainForm traded(DomainForm form) {
        NicForm one = form.nics().get(0);
        NicForm two = form.nics().get(1);
        return form.change(one.mac(), n -> n.withTarget(two.target())).change(two.mac(), n -> n.withTarget(one.target()));
    }

    private Optional<String> metadata() {
        return any(d -> true).flatMap(domain -> {
            DomainForm form = domain.live.or(() -> domain.config).orElseThrow();
            Optional<NicForm> nic = Deed.pick(form.nics(), random);
            if (nic.isEmpty()) {
                return Optional.empty();
            }
            DomainForm changed = form.change(nic.get().mac(), n -> n.withNetwork(network(true)));
            libvirt.virsh("metadata " + domain.name + " urn:tapwright:1 --key tapwright " + (domain.isRunning() ? "--live" : "--config")
                    + " --set \"" + changed.networks(true) + "\"").orThrow();
            if (domain.isRunning()) {
                domain.live = Optional.of(changed);
            } else {
                domain.config = Optional.of(changed);
            }
            return Optional.of((domain.isRunning() ? "live " : "config ") + changed);
        });
    }
}
