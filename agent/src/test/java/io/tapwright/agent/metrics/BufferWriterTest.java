package io.tapwright.agent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BufferWriterTest {

    private final Buffer buffer = Buffer.buffer();
    private final BufferWriter writer = new BufferWriter(buffer);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 8190, 8191, 8192, 8193, 20_000})
    void whatIsWrittenIsThereHoweverItWasWritten(int before) {
        String text = "a".repeat(before) + "gr\u00fc\u00df \ud83d\ude00 " + "b".repeat(before) + "\ud83d\ude00";
        text.chars().forEach(writer::write);
        writer.write(text, 0, text.length());
        writer.write(text.toCharArray(), 0, text.length());
        writer.close();
        assertThat(buffer.toString()).isEqualTo(text.repeat(3));
    }

    @Test
    void flushingBetweenTheHalvesOfACharacterLosesNeither() {
        writer.write('\ud83d');
        writer.flush();
        assertThat(buffer.length()).isZero();
        writer.write('\ude00');
        writer.close();
        assertThat(buffer.toString()).isEqualTo("\ud83d\ude00");
    }
}
