package io.tapwright.vswitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.MacAddress;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.vswitch.driver.FrontEnd;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a switch that can't go on. It can't be closed either, so its threads stay until the tests end. */
class VirtualSwitchEndIT {

    @TempDir
    private Path directory;

    @Test
    void aThreadThatEndsByAFaultIsSaidByItsName() throws Exception {
        AtomicBoolean isUp = new AtomicBoolean();
        CompletableFuture<String> ended = new CompletableFuture<>();
        VirtualSwitch virtualSwitch = new VirtualSwitch(
                new SwitchSettings(directory, 1, Duration.ofNanos(50_000), Duration.ofSeconds(300)),
                () -> {
                    if (isUp.get()) {
                        throw new OutOfMemoryError("of a change");
                    }
                },
                fault -> {
                    throw new OutOfMemoryError("of saying so: " + fault.getMessage());
                },
                (thread, fault) -> ended.complete(thread.getName() + ": " + fault.getMessage()));
        virtualSwitch.start();
        Path socket = directory.resolve("p1");
        virtualSwitch.apply(new DesiredSwitch(List.of(new DesiredNetwork("lan",
                List.of(new VhostUserPort("p1", socket, true, new MacAddress("02:00:00:00:00:01")))))));
        isUp.set(true);
        try (FrontEnd frontEnd = FrontEnd.connect(socket)) {
            assertThat(ended.get(10, TimeUnit.SECONDS)).isEqualTo("switch-loop: of saying so: of a change");
            assertThat(frontEnd).isNotNull();
        }
    }
}
