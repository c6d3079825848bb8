package io.tapwright.switchd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTest {

    private static String printed(boolean journal, Consumer<Log> what) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        what.accept(new Log(new PrintStream(bytes, true, StandardCharsets.UTF_8), journal));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void forTheJournalEachLineHasItsPriority() {
        assertThat(printed(true, log -> log.info("ready"))).isEqualTo("<6>tapwright-switch: ready\n");
        assertThat(printed(true, log -> log.error("no such file"))).isEqualTo("<3>tapwright-switch: no such file\n");
        assertThat(printed(true, log -> log.fault(new IllegalStateException("twice\nsaid")))).startsWith("<3>java.lang.Illegal")
                .contains("\n<3>said\n").satisfies(text -> assertThat(text.lines()).hasSizeGreaterThan(2).allMatch(line -> line.startsWith("<3>")));
    }

    @Test
    void elsewhereItHasNone() {
        assertThat(printed(false, log -> log.info("ready"))).isEqualTo("tapwright-switch: ready\n");
        assertThat(printed(false, log -> log.fault(new IllegalStateException("said")))).startsWith("java.lang.IllegalStateException: said\n\tat ");
    }

    @Test
    void theJournalIsWhatTheVariableNamesAndNothingElse(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("err"));
        String stream = Files.getAttribute(file, "unix:dev") + ":" + Files.getAttribute(file, "unix:ino");
        assertThat(Log.isJournal(stream, Files.createSymbolicLink(directory.resolve("fd"), file))).isTrue();
        assertThat(Log.isJournal(stream, directory)).isFalse();
        assertThat(Log.isJournal(null, file)).isFalse();
    }
}
