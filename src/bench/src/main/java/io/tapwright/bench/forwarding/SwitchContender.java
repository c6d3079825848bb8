package io.tapwright.bench.forwarding;

import io.tapwright.model.MacAddress;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;
import io.tapwright.model.userspace.UserspaceSwitchListener;
import io.tapwright.switchctl.SwitchClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Tapwright's switch as it was built, told its ports as the agent tells it.
 *
 * @param root        the project's folder
 * @param javaOptions beside those of the program itself
 */
record SwitchContender(Path root, List<String> javaOptions) implements VhostContender {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String JAVA_OPTIONS = "TAPWRIGHT_SWITCH_JAVA_OPTIONS";
    private static final String SWITCH_OPTIONS = "TAPWRIGHT_SWITCH_OPTIONS";

    @Override
    public String title() {
        return "Tapwright";
    }

    @Override
    public String description() {
        return "src/switchd, one worker; learns addresses, knows the first of each port beforehand"
                + Stream.of(JAVA_OPTIONS, SWITCH_OPTIONS).filter(name -> !options(name).isEmpty())
                        .map(name -> "; " + String.join(" ", options(name))).reduce("", String::concat);
    }

    @Override
    public String version() {
        return Packages.firstLine("git", "-C", root.toString(), "describe", "--always", "--dirty", "--abbrev=12") + ", JDK " + Runtime.version();
    }

    @Override
    public Optional<String> missing() {
        return Files.exists(root.resolve("src/switchd/target/lib")) ? Optional.empty() : Optional.of("src/switchd is not built");
    }

    @Override
    public int mostPorts() {
        return Integer.MAX_VALUE;
    }

    @Override
    public BackEnd start(Rig rig, int ports, int mtu) throws Exception {
        Path directory = Files.createTempDirectory(rig.directory(), "switch");
        Path control = directory.resolve("control.sock");
        List<String> command = new ArrayList<>(List.of(root.resolve("deploy/lib/switch").toString(),
                "--control-socket", control.toString(), "--socket-directory", directory.toString(), "--workers", "1"));
        command.addAll(options(SWITCH_OPTIONS));
        Daemon daemon = Daemon.start(directory.resolve("log"), Map.of("JAVA_HOME", System.getProperty("java.home"), JAVA_OPTIONS,
                String.join(" ", options(JAVA_OPTIONS)) + " " + String.join(" ", javaOptions)), rig.cores().onBackEnd(command));
        try {
            List<Path> sockets = IntStream.range(0, ports).mapToObj(i -> directory.resolve("p" + i)).toList();
            daemon.await("its control socket", PATIENCE, () -> daemon.tail().contains("ready at"));
            tell(control, desired(sockets));
            daemon.await("its ports", PATIENCE, () -> sockets.stream().allMatch(Files::exists));
            return new BackEnd(List.of(daemon), sockets);
        } catch (Exception e) {
            daemon.close();
            throw e;
        }
    }

    private static DesiredSwitch desired(List<Path> sockets) {
        List<DesiredPort> ports = new ArrayList<>();
        for (Path socket : sockets) {
            // As the guests have them: 52:54:00:PORT:00:00 is a port's first address.
            MacAddress first = new MacAddress("52:54:00:%02x:00:00".formatted(ports.size()));
            ports.add(new VhostUserPort(socket.getFileName().toString(), socket, true, first));
        }
        return new DesiredSwitch(List.of(new DesiredNetwork("bench", ports)));
    }

    private static void tell(Path control, DesiredSwitch desired) throws Exception {
        CompletableFuture<Void> connected = new CompletableFuture<>();
        try (SwitchClient client = new SwitchClient(control)) {
            client.start(new Listener(connected));
            connected.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            client.apply(desired).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private record Listener(CompletableFuture<Void> connected) implements UserspaceSwitchListener {
        @Override
        public void onConnected(DesiredSwitch held, SwitchState state) {
            connected.complete(null);
        }

        @Override
        public void onState(SwitchState state) {
        }

        @Override
        public void onLost(String reason) {
            connected.completeExceptionally(new IOException(reason));
        }
    }

    private static List<String> options(String variable) {
        String value = System.getenv().getOrDefault(variable, "").strip();
        return value.isEmpty() ? List.of() : List.of(value.split(" +"));
    }
}
