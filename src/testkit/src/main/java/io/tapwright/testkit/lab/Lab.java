package io.tapwright.testkit.lab;

import io.tapwright.testkit.lab.Command.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * A libvirt host of its own. Closing it ends everything in it. The system property {@code tapwright.root} names the
 * project's folder.
 */
public final class Lab implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path dir;
    private final List<AgentProcess> agents = new ArrayList<>();
    private final List<SwitchProcess> switches = new ArrayList<>();
    private final GuestImage image;
    private final boolean ownQemu;

    private Lab(Path dir, GuestImage image, boolean ownQemu) {
        this.dir = dir;
        this.image = image;
        this.ownQemu = ownQemu;
    }

    /** Makes a lab; with the hook installed in its libvirtd, or without. */
    public static Lab up(boolean withHook) {
        return up(withHook, "");
    }

    /** @param qemu what {@link #fetchQemu()} printed: the QEMU of that tree is in the place of the machine's own */
    public static Lab up(boolean withHook, String qemu) {
        try {
            Path dir = Files.createTempDirectory(Path.of("/tmp"), "tw.");
            List<String> command = new ArrayList<>(List.of(
                    script("lab"), "up", dir.toString(), "--owner", Long.toString(ProcessHandle.current().pid())));
            if (withHook) {
                command.add("--hook");
            }
            if (!qemu.isEmpty()) {
                command.addAll(List.of("--qemu", qemu));
            }
            Command.run(PATIENCE, new byte[0], command).orThrow();
            return new Lab(dir, GuestImage.build(dir.resolve("vm")), qemu.isEmpty());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Why no lab can be had here, or empty: for a test's assumption. */
    public static String obstacle() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "needs root";
        }
        for (String program : List.of("/usr/sbin/libvirtd", "/usr/bin/virsh", "/usr/bin/qemu-system-x86_64")) {
            if (!Files.isExecutable(Path.of(program))) {
                return "needs " + program;
            }
        }
        return "";
    }

    /** {@code deploy/qemu fetch}: a QEMU of which guests may be moved; if it fails it says why there is none. */
    public static Result fetchQemu() {
        return Command.run(Duration.ofMinutes(5), new byte[0], List.of(script("qemu"), "fetch"));
    }

    public Path dir() {
        return dir;
    }

    /** Whether its QEMU is the machine's. */
    boolean ownQemu() {
        return ownQemu;
    }

    GuestImage image() {
        return image;
    }

    /** Runs a program inside. */
    public Result run(String... command) {
        return runWithInput(new byte[0], command);
    }

    public Result runWithInput(byte[] input, String... command) {
        List<String> all = new ArrayList<>(List.of(script("lab"), "run", dir.toString(), "--"));
        all.addAll(List.of(command));
        return Command.run(PATIENCE, input, all);
    }

    /** Runs a line of shell inside; an error if it fails. */
    public String sh(String line) {
        return run("sh", "-c", line).orThrow();
    }

    public Result virsh(String... arguments) {
        List<String> all = new ArrayList<>(List.of("virsh", "-q", "-c", "qemu:///system"));
        all.addAll(List.of(arguments));
        return run(all.toArray(String[]::new));
    }

    /** {@code start}, {@code stop}, {@code restart}, {@code kill} (with SIGKILL) or {@code reload}. */
    public void libvirtd(String action) {
        Command.run(PATIENCE, new byte[0], List.of(script("lab"), "libvirtd", dir.toString(), action)).orThrow();
    }

    /** Starts an agent and waits until it is ready to answer hooks. */
    public AgentProcess startAgent(String yaml) {
        AgentProcess agent = AgentProcess.start(this, yaml);
        agents.add(agent);
        return agent;
    }

    /** Starts a switch for an agent to find. */
    public SwitchProcess startSwitch() {
        SwitchProcess started = SwitchProcess.start(this);
        switches.add(started);
        return started;
    }

    /** Where guests' sockets are, for those of type vhostuser. */
    public Path switchDirectory() {
        return SwitchProcess.directory(this);
    }

    /** Where a switch listens for an agent. */
    public Path switchSocket() {
        return SwitchProcess.controlSocket(this);
    }

    /** What starts the built switch, for an agent to call. */
    public Path switchCommand() {
        return SwitchProcess.launcher();
    }

    /** A guest that is not defined yet. */
    public Guest guest(String name) {
        return new Guest(this, name);
    }

    /** Lays a cable from this host to another: a device of this name at each end, set up. */
    public void connect(Lab other, String device) {
        // From outside, where the process ids of both are known; the devices come to be inside.
        Command.run(PATIENCE, new byte[0], List.of("nsenter", "--target", firstProcess(), "--net", "ip", "link", "add", device,
                "up", "type", "veth", "peer", "name", device, "netns", other.firstProcess())).orThrow();
        other.run("ip", "link", "set", device, "up").orThrow();
    }

    private String firstProcess() {
        try {
            return Files.readString(dir.resolve("init")).split(" ")[0];
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How libvirt's clients outside of it reach its libvirtd. */
    String uri() {
        return "qemu+unix:///system?socket=" + dir.resolve("run/libvirt/libvirt-sock");
    }

    /** The network devices there are, by name. */
    public TreeSet<String> links() {
        TreeSet<String> names = new TreeSet<>();
        sh("ls /sys/class/net").lines().filter(Predicate.not(String::isBlank)).forEach(names::add);
        return names;
    }

    /** {@code /sys/class/net/DEVICE/FILE}. */
    public String sysfs(String device, String file) {
        return run("cat", "/sys/class/net/" + device + "/" + file).out().strip();
    }

    /** Whether a tap was made for many queues: IFF_MULTI_QUEUE (linux/if_tun.h) in its {@code tun_flags}. */
    public boolean isMultiQueue(String tap) {
        String flags = sysfs(tap, "tun_flags");
        return !flags.isEmpty() && (Integer.decode(flags) & 0x100) != 0;
    }

    /** The bridge a device is a port of, empty for none. */
    public String bridgeOf(String device) {
        return run("sh", "-c", "basename \"$(readlink /sys/class/net/" + device + "/master)\" 2>/dev/null").out().strip();
    }

    public Path write(String name, String text) {
        try {
            return Files.writeString(dir.resolve("vm").resolve(name), text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        agents.forEach(AgentProcess::close);
        switches.forEach(SwitchProcess::close);
        Command.run(PATIENCE, new byte[0], List.of(script("lab"), "down", dir.toString())).orThrow();
    }

    static Path root() {
        String root = System.getProperty("tapwright.root");
        if (root == null) {
            throw new IllegalStateException("the system property tapwright.root must name the project's folder");
        }
        return Path.of(root).normalize();
    }

    static String script(String name) {
        return root().resolve("deploy").resolve(name).toString();
    }
}
