package io.tapwright.hostnet.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.LinkRef;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes that lie are refused with one kind of exception, whatever decoder meets them; none is read beyond its end. */
class GarbageTest {

    private static final LinkRef ON = new LinkRef(2, new InterfaceName("br0"));
    private static final int ROUNDS = 3000;

    @ParameterizedTest
    @MethodSource("io.tapwright.hostnet.netlink.Capture#all")
    void truncatedAnywhere(String capture) {
        byte[] bytes = Capture.bytes(capture);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            decode(cut);
            if (length >= Netlink.HEADER) {
                // The header tells the truth about the cut message, so that the attributes are what is cut.
                ByteBuffer.wrap(cut).order(java.nio.ByteOrder.nativeOrder()).putInt(Netlink.LENGTH_AT, length);
                decode(cut);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.tapwright.hostnet.netlink.Capture#all")
    void bytesChangedAnywhere(String capture) {
        byte[] bytes = Capture.bytes(capture);
        Random random = new Random(capture.hashCode());
        for (int round = 0; round < ROUNDS; round++) {
            byte[] changed = bytes.clone();
            for (int i = random.nextInt(8); i >= 0; i--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            }
            decode(changed);
        }
    }

    @Test
    void noise() {
        Random random = new Random(7);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            decode(bytes);
        }
    }

    @Test
    void aDatagramThatDidNotFitIsRefused() {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> Message.forEach(ByteBuffer.allocate(64), 65, message -> { }))
                .withMessage("datagram of 65 bytes was cut to 64");
    }

    @Test
    void anAttributeLongerThanItsMessageIsRefused() {
        byte[] bytes = Capture.bytes("address-ipv4-labelled");
        int firstAttribute = Netlink.HEADER + AddressMessage.HEADER;
        bytes[firstAttribute] = (byte) 200;

        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> AddressMessage.decode(Capture.messages(bytes).getFirst(), ON))
                .withMessage("attribute claims 200 bytes, 64 are left");
    }

    /** Every decoder on the same bytes: what comes out is a value or a {@link MalformedMessageException}. */
    private static void decode(byte[] datagram) {
        try {
            Message.forEach(ByteBuffer.wrap(datagram), datagram.length, message -> {
                attempt(() -> LinkDecoder.decodeWithCounters(message));
                attempt(() -> LinkMessage.familyOf(message) + LinkMessage.indexOf(message));
                attempt(() -> AddressMessage.decode(message, ON));
                attempt(() -> RouteMessage.decode(message, Rtnetlink.AF_INET, ON));
                attempt(() -> RouteMessage.decode(message, Rtnetlink.AF_INET6, ON));
                attempt(() -> ErrorMessage.decode(message));
            });
        } catch (MalformedMessageException e) {
            assertThat(e).hasMessageMatching(".*\\d.*");
        }
    }

    private static void attempt(java.util.concurrent.Callable<?> decoding) {
        try {
            assertThat(decoding.call()).isNotNull();
        } catch (MalformedMessageException e) {
            assertThat(e.getMessage()).isNotEmpty();
        } catch (Exception e) {
            throw new AssertionError("expected a MalformedMessageException", e);
        }
    }
}
