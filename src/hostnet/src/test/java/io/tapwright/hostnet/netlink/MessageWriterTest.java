package io.tapwright.hostnet.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.LinkChange;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against bytes that were worked out by hand from the headers; little endian. */
class MessageWriterTest {

    private final MessageWriter to = new MessageWriter(ByteBuffer.allocate(4096));

    @Test
    void writesAChangeOfALink() {
        LinkMessage.change(to, 0x1234, LinkChange.NONE.mac(new MacAddress("fe:54:00:00:00:01")).mtu(1500).alias("ab").master(7).up(true));
        to.stamp(0x0a0b0c0d, true);

        assertThat(hex()).isEqualTo(("""
                44000000 1000 0500 0d0c0b0a 00000000
                00 00 0000 34120000 01000000 01000000
                0a00 0100 fe5400000001 0000
                0800 0400 dc050000
                0600 1400 6162 0000
                0800 0a00 07000000
                """).replaceAll("\\s", ""));
    }

    @Test
    void writesANestWithItsLengthAndFlag() {
        LinkMessage.addAltName(to, 2, "abc");

        assertThat(hex()).isEqualTo(("""
                2c000000 6c00 010e 00000000 00000000
                00 00 0000 02000000 00000000 00000000
                0c00 3480 0800 3500 61626300
                """).replaceAll("\\s", ""));
    }

    @Test
    void writesABridgeToBe() {
        LinkMessage.createBridge(to, 9, new HostAction.CreateBridge(
                new InterfaceName("br0"), new MacAddress("02:00:00:00:00:01"), 9000, "mark"));

        assertThat(hex()).isEqualTo(("""
                44000000 1000 0106 00000000 00000000
                00 00 0000 09000000 00000000 00000000
                0800 0300 62723000
                0a00 0100 020000000001 0000
                1000 1280 0b00 0100 62726964676500 00
                """).replaceAll("\\s", ""));
    }

    @Test
    void numbersTheMessagesOfABatchAndAsksForOneAcknowledgement() {
        for (int i = 1; i <= 3; i++) {
            LinkMessage.delete(to, i);
        }
        to.stamp(100, true);

        List<Message> messages = Written.messages(to);
        assertThat(messages).extracting(Message::sequence).containsExactly(100, 101, 102);
        assertThat(messages).extracting(m -> m.is(Netlink.NLM_F_ACK)).containsExactly(false, false, true);
        assertThat(messages).extracting(LinkMessage::indexOf).containsExactly(1, 2, 3);
    }

    @Test
    void canBeUsedAgain() {
        LinkMessage.delete(to, 1);
        LinkMessage.delete(to.clear(), 2);

        assertThat(to.messages()).isEqualTo(1);
        assertThat(Written.messages(to)).extracting(LinkMessage::indexOf).containsExactly(2);
    }

    @Test
    void refusesWhatDoesNotFit() {
        MessageWriter small = new MessageWriter(ByteBuffer.allocate(40));

        assertThatExceptionOfType(BufferOverflowException.class)
                .isThrownBy(() -> LinkMessage.change(small, 1, LinkChange.NONE.alias("x".repeat(20))));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> to.begin(1, 0).attribute(1, new byte[65532]));
    }

    @Test
    void refusesAMessageWithinAMessage() {
        to.begin(1, 0);

        assertThatIllegalStateException().isThrownBy(() -> to.begin(1, 0));
    }

    @Test
    void whateverIsWrittenIsReadBack() {
        Random random = new Random(1);
        for (int round = 0; round < 500; round++) {
            byte[] value = new byte[random.nextInt(60)];
            random.nextBytes(value);
            int number = random.nextInt();
            to.clear().begin(30, 0).u32(number).attribute(1, value);
            int nest = to.beginNest(2);
            to.attribute(3, number).attributeByte(4, 7).endNest(nest).attribute(5, "Jürgen").end();

            Message message = Written.message(to);
            assertThat(message.s32(0)).isEqualTo(number);
            AttributeReader attributes = message.attributes(4);
            assertThat(attributes.next()).isTrue();
            assertThat(attributes.octets()).isEqualTo(value);
            assertThat(attributes.next()).isTrue();
            AttributeReader nested = attributes.nested();
            assertThat(nested.next()).isTrue();
            assertThat(nested.s32()).isEqualTo(number);
            assertThat(nested.next()).isTrue();
            assertThat(nested.u8()).isEqualTo(7);
            assertThat(nested.next()).isFalse();
            assertThat(attributes.next()).isTrue();
            assertThat(attributes.string()).isEqualTo("Jürgen");
            assertThat(attributes.next()).isFalse();
        }
    }

    private String hex() {
        return HexFormat.of().formatHex(to.written());
    }
}
