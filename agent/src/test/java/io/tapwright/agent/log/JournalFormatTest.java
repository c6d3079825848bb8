package io.tapwright.agent.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Level;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalFormatTest {

    private static String format(Level level, Throwable thrown) {
        ExtLogRecord record = new ExtLogRecord(level, "it is so", JournalFormatTest.class.getName());
        record.setLoggerName("io.tapwright.Some");
        record.setThrown(thrown);
        return new JournalFormat().format(record);
    }

    @Test
    void eachLineHasThePriorityThatSyslogCallsItBy() {
        assertThat(format(org.jboss.logmanager.Level.FATAL, null)).isEqualTo("<3>[Some] it is so\n");
        assertThat(format(org.jboss.logmanager.Level.ERROR, null)).startsWith("<3>");
        assertThat(format(Level.SEVERE, null)).startsWith("<3>");
        assertThat(format(org.jboss.logmanager.Level.WARN, null)).startsWith("<4>");
        assertThat(format(Level.INFO, null)).isEqualTo("<6>[Some] it is so\n");
        assertThat(format(Level.FINE, null)).startsWith("<7>");
        assertThat(format(Level.WARNING, new IOException("twice\nsaid"))).startsWith("<4>[Some] it is so: java.io.IOException: twice\n")
                .contains("\n<4>said").contains("\n<4>\tat io.tapwright").endsWith("\n").doesNotEndWith(">\n")
                .satisfies(text -> assertThat(text.lines()).allMatch(line -> line.startsWith("<4>")));
    }

    @Test
    void theJournalIsWhatTheVariableNamesAndNothingElse(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("out"));
        String stream = Files.getAttribute(file, "unix:dev") + ":" + Files.getAttribute(file, "unix:ino");
        assertThat(JournalFormat.isJournal(stream, Files.createSymbolicLink(directory.resolve("fd"), file))).isTrue();
        assertThat(JournalFormat.isJournal(stream, directory)).isFalse();
        assertThat(JournalFormat.isJournal(null, file)).isFalse();
        assertThat(JournalFormat.isJournal(stream, directory.resolve("none"))).isFalse();
    }
}
