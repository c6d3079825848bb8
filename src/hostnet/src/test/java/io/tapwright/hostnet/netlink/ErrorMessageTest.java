package io.tapwright.hostnet.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorMessageTest {

    private static final int EINVAL = 22;

    @ParameterizedTest
    @ValueSource(strings = {"refusal", "refusal-capped"})
    void readsTheKernelsWordsBehindTheRequestWholeOrCapped(String capture) {
        assertThat(ErrorMessage.decode(Capture.message(capture)))
                .isEqualTo(new ErrorMessage(EINVAL, "mtu greater than device maximum"));
    }

    @Test
    void readsAnAcknowledgement() {
        assertThat(ErrorMessage.decode(Capture.message("acknowledgement"))).isEqualTo(new ErrorMessage(0, ""));
    }

    @Test
    void readsTheEndOfADumpWithAndWithoutAnError() {
        MessageWriter to = new MessageWriter(ByteBuffer.allocate(64));
        to.begin(Netlink.NLMSG_DONE, 0).u32(-EINVAL).end();
        to.begin(Netlink.NLMSG_DONE, 0).u32(12).end();

        assertThat(Written.messages(to)).extracting(ErrorMessage::decode)
                .containsExactly(new ErrorMessage(EINVAL, ""), new ErrorMessage(0, ""));
    }
}
