package io.tapwright.vswitch.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.vswitch.driver.TestSwitch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class RehearsalIT {

    @Test
    void leavesNothingBehind() {
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        long fds = TestSwitch.openFds();
        long mappings = TestSwitch.sharedMappings();

        long frames = Rehearsal.run(Duration.ofMillis(300), failures::add);

        assertThat(failures).isEmpty();
        assertThat(frames).isGreaterThanOrEqualTo(2 * 17);
        assertThat(TestSwitch.openFds()).isEqualTo(fds);
        assertThat(TestSwitch.sharedMappings()).isEqualTo(mappings);
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("switch-rehearsal"));
    }
}
