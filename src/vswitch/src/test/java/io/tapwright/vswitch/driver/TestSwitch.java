package io.tapwright.vswitch.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.MacAddress;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.NetworkState;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.SwitchSettings;
import io.tapwright.vswitch.VirtualSwitch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/** A whole switch with one network in a directory of its own. Nothing may fail in it that nobody expects. */
public final class TestSwitch implements AutoCloseable {

    public static final String NETWORK = "lan";

    public final Path directory;
    public final VirtualSwitch virtualSwitch;
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<DesiredPort> ports = new ArrayList<>();

    public TestSwitch(int workers, Duration poll) {
        try {
            directory = Files.createTempDirectory("vs");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        virtualSwitch = new VirtualSwitch(new SwitchSettings(directory, workers, poll, Duration.ofSeconds(300)), () -> { },
                failures::add, (thread, fault) -> failures.add(fault));
        virtualSwitch.start();
    }

    public TestSwitch() {
        this(1, Duration.ofNanos(50_000));
    }

    /** The address of the guest with this number. */
    public static long mac(int number) {
        return 0x0200_0000_0000L | number;
    }

    private static DesiredPort port(Path directory, int number, boolean listen) {
        String mac = String.format("02:00:00:00:%02x:%02x", number >> 8, number & 0xff);
        return new DesiredPort.VhostUserPort("p" + number, directory.resolve("p" + number), listen, new MacAddress(mac));
    }

    /** Has these ports besides, which listen. */
    public TestSwitch with(int... numbers) {
        for (int number : numbers) {
            ports.add(port(directory, number, true));
        }
        apply();
        return this;
    }

    /** Has a port besides that connects. */
    public TestSwitch withConnecting(int number) {
        ports.add(port(directory, number, false));
        apply();
        return this;
    }

    public void without(int number) {
        ports.removeIf(port -> port.name().equals("p" + number));
        apply();
    }

    private void apply() {
        virtualSwitch.apply(new DesiredSwitch(List.of(new DesiredNetwork(NETWORK, ports))));
    }

    public Path socket(int number) {
        return directory.resolve("p" + number);
    }

    public PortState state(int number) {
        return virtualSwitch.state().port(NETWORK, "p" + number).orElseThrow();
    }

    public List<NetworkState> networks() {
        return virtualSwitch.state().networks();
    }

    /** Waits for a port to stand like this. */
    public PortState await(int number, PortStatus status) {
        long end = System.nanoTime() + 10_000_000_000L;
        PortState state = state(number);
        while (state.status() != status && System.nanoTime() < end) {
            FrontEnd.pause();
            state = state(number);
        }
        assertThat(state.status()).as(state.reason()).isEqualTo(status);
        return state;
    }

    public Queue<Throwable> failures() {
        return failures;
    }

    /** Of the kinds that a switch opens: the JVM opens files when it likes. */
    public static long openFds() {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.map(TestSwitch::target).filter(target -> target.startsWith("socket:") || target.startsWith("anon_inode:")
                    || target.startsWith("/memfd:")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    /** Mappings of files that can be shared: the heap grows by itself. */
    public static long sharedMappings() {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains("/memfd:")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        virtualSwitch.close();
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left.toList()).isEmpty();
            Files.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(failures).isEmpty();
    }
}
