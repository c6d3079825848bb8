package io.tapwright.hostnet.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Messages as a kernel 6.18 on x86_64 sent them, in files of hex digits. */
final class Capture {

    private Capture() {
    }

    /** The names of all captures. */
    static Stream<String> all() {
        return Stream.of("link-vnet0", "link-br0", "link-lo", "port-vnet0", "refusal", "refusal-capped", "acknowledgement",
                "address-ipv4-labelled", "address-ipv4-peer", "address-ipv6-lifetimes", "address-ipv6-link-local",
                "route-ipv4-default", "route-ipv4-kernel", "route-ipv4-multipath", "route-ipv4-broadcast", "route-ipv6-expires");
    }

    static byte[] bytes(String name) {
        try (InputStream file = Capture.class.getResourceAsStream(name + ".hex")) {
            String digits = new String(file.readAllBytes(), StandardCharsets.US_ASCII).replaceAll("\\s", "");
            return HexFormat.of().parseHex(digits);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Message message(String name) {
        List<Message> messages = messages(bytes(name));
        assertThat(messages).hasSize(1);
        return messages.getFirst();
    }

    static List<Message> messages(byte[] datagram) {
        List<Message> messages = new ArrayList<>();
        Message.forEach(ByteBuffer.wrap(datagram), datagram.length, messages::add);
        return messages;
    }
}
