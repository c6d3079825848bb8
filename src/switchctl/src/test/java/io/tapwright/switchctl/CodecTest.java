package io.tapwright.switchctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.userspace.DesiredNetwork;
import io.tapwright.model.userspace.DesiredPort.TapPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.SwitchState;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class CodecTest {

    static Stream<Message> messages() {
        return Stream.of(
                new Message.Apply(1, Samples.desired(3)),
                new Message.Apply(Long.MAX_VALUE, DesiredSwitch.EMPTY),
                new Message.Ask(2),
                new Message.Capture(5, "blue", "u/52:54:00:00:00:01", 262144),
                new Message.Capturing(5),
                new Message.Welcome(Samples.desired(1), Samples.STATE),
                new Message.State(OptionalLong.of(3), Samples.STATE),
                new Message.State(OptionalLong.empty(), Samples.STATE),
                new Message.Failure(OptionalLong.of(4), "no\tsuch \"tap\" äöü 🙂"),
                new Message.Failure(OptionalLong.empty(), ""));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void whatIsWrittenIsReadBackTheSame(Message message) {
        byte[] line = Codec.line(message);
        assertThat(new String(line, StandardCharsets.UTF_8)).doesNotContain("\n");
        assertThat(Codec.message(line)).isEqualTo(message);
    }

    @Test
    void aSwitchThatTellsNothingOfItsNetworksIsUnderstood() {
        String line = "{\"type\":\"state\",\"state\":{\"pid\":1,\"startedAt\":\"1970-01-01T00:00:00Z\",\"ports\":[]}}";
        assertThat(Codec.message(line.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new Message.State(OptionalLong.empty(), new SwitchState(1, Instant.EPOCH, List.of(), List.of())));
    }

    @Test
    void whatAnOlderAgentSaysOfAPortBesidesIsPassedOver() {
        String line = "{\"type\":\"apply\",\"id\":1,\"desired\":{\"networks\":[{\"name\":\"fast\",\"ports\":["
                + "{\"kind\":\"tap\",\"device\":\"tw-fast\",\"name\":\"uplink\",\"mtu\":9000}]}]}}";
        assertThat(Codec.message(line.getBytes(StandardCharsets.UTF_8))).isEqualTo(new Message.Apply(1, new DesiredSwitch(
                List.of(new DesiredNetwork("fast", List.of(new TapPort("uplink", new InterfaceName("tw-fast"))))))));
    }

    @Test
    void thousandsOfPortsFitIntoALine() {
        assertThat(Codec.line(new Message.Apply(1, Samples.desired(10_000))).length).isLessThan(SwitchServer.MAX_LINE_BYTES);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "``                                       | no JSON object",
        "nonsense                                 | no JSON object",
        "[1]                                      | no JSON object",
        "null                                     | no JSON object",
        "{\"type\":\"ask\",\"id\":1               | no JSON object",
        "{}                                       | type: expected a string",
        "{\"type\":\"shout\"}                     | type: expected apply, ask",
        "{\"type\":\"capture\",\"id\":1,\"network\":\"a\",\"port\":\"p\",\"snapLength\":3000000000} | snapLength: expected a number of 32 bits",
        "{\"type\":\"ask\"}                       | id: expected an integer",
        "{\"type\":\"ask\",\"id\":1.5}            | id: expected an integer",
        "{\"type\":\"ask\",\"id\":1,\"id\":2}     | Duplicate field",
        "{\"type\":\"apply\",\"id\":1}            | desired: expected an object",
        "{\"type\":\"apply\",\"id\":1,\"desired\":{\"networks\":[7]}}   | desired.networks[0]: expected an object",
        "{\"type\":\"apply\",\"id\":1,\"desired\":{\"networks\":[{\"name\":\"a\",\"ports\":[{\"name\":7}]}]}} | desired.networks[0].ports[0].name: expected a string",
        "{\"type\":\"apply\",\"id\":1,\"desired\":{\"networks\":[{\"name\":\"a\",\"ports\":[{\"name\":\"\",\"kind\":\"tap\",\"device\":\"t\"}]}]}} | desired.networks[0].ports[0]: port '': expected a name",
        "{\"type\":\"apply\",\"id\":1,\"desired\":{\"networks\":[{\"name\":\"a\",\"ports\":[{\"name\":\"p\",\"kind\":\"tap\",\"device\":\"a/b\"}]}]}} | desired.networks[0].ports[0].device: interface name",
        "{\"type\":\"apply\",\"id\":1,\"desired\":{\"networks\":[{\"name\":\"a\",\"ports\":[]},{\"name\":\"a\",\"ports\":[]}]}} | desired: network 'a' stands twice"})
    void whatIsWrongIsNamedByItsPlace(String line, String complaint) {
        assertThatThrownBy(() -> Codec.message(line.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedMessageException.class).hasMessageContaining(complaint);
    }

    /** Whatever becomes of a line on its way: a message or a complaint, and nothing else. */
    @Test
    void aGarbledLineIsRefusedAndNothingElseHappens() {
        Random random = new Random(4711);
        List<byte[]> lines = messages().map(Codec::line).toList();
        for (int i = 0; i < 50_000; i++) {
            byte[] line = lines.get(random.nextInt(lines.size())).clone();
            for (int n = random.nextInt(4); n >= 0; n--) {
                line[random.nextInt(line.length)] = (byte) random.nextInt(256);
            }
            try {
                Codec.message(line);
            } catch (MalformedMessageException refused) {
                assertThat(refused.getMessage()).doesNotContain("\n");
            }
        }
    }

    @Test
    void deepNestingIsRefused() {
        String deep = "{\"type\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
        assertThatThrownBy(() -> Codec.message(deep.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedMessageException.class);
    }
}
