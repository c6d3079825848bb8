package io.tapwright.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.userspace.DesiredPort;
import org.junit.jupiter.api.Test;

class SwitchAnswersTest {

    private final SwitchAnswers answers = new SwitchAnswers();

    private String finding() {
        return answers.of("fast", new DesiredPort.TapPort("uplink", new InterfaceName("tw-fast")))
                instanceof SwitchPorts.Finding.Unknown(String reason) ? reason : "";
    }

    @Test
    void aSwitchIsWaitedForUntilItWasTriedAndIsNotReachableFromThen() {
        assertThat(finding()).isEqualTo("waiting for the switch in user space");
        answers.lost("connect to control.sock: No such file or directory");
        assertThat(finding()).isEqualTo("the switch in user space is not reachable: connect to control.sock: No such file or directory");
    }
}
