package io.tapwright.agent.log;

import io.quarkus.bootstrap.logging.InitialConfigurator;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jboss.logmanager.handlers.ConsoleHandler;

/**
 * What is printed where systemd's journal reads it: each line has its priority in front, as sd-daemon(3) describes, so that
 * {@code journalctl -p warning} knows it, and no time, which the journal has.
 */
final class JournalFormat extends ExtFormatter {

    private static final Path STDOUT = Path.of("/proc/self/fd/1");

    private final ExtFormatter text = new PatternFormatter("[%c{1}] %s%e%n");

    /** Every line of a record: of a stack trace the journal makes entries of their own, which belong to it by their priority. */
    @Override
    public String format(ExtLogRecord record) {
        String priority = "<" + priority(record.getLevel().intValue()) + ">";
        return priority + text.format(record).stripTrailing().replace("\n", "\n" + priority) + "\n";
    }

    /** One of syslog(3): error, warning, informational or debug. */
    private static int priority(int level) {
        if (level >= Level.SEVERE.intValue()) {
            return 3;
        }
        if (level >= Level.WARNING.intValue()) {
            return 4;
        }
        return level >= Level.INFO.intValue() ? 6 : 7;
    }

    /** JOURNAL_STREAM of systemd.exec(5) has to be what this process prints to: whoever redirects it inherits the variable. */
    static boolean isJournal(String journalStream, Path output) {
        try {
            Map<String, Object> is = Files.readAttributes(output, "unix:dev,ino");
            return (is.get("dev") + ":" + is.get("ino")).equals(journalStream);
        } catch (IOException e) {
            return false;
        }
    }

    /** Puts it in place, before the agent or Quarkus says anything. */
    @Singleton
    static class Installer {

        void install(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
            if (isJournal(System.getenv("JOURNAL_STREAM"), STDOUT)) {
                List.of(InitialConfigurator.DELAYED_HANDLER.getHandlers()).forEach(Installer::format);
            }
        }

        private static void format(Handler handler) {
            if (handler instanceof ConsoleHandler) {
                handler.setFormatter(new JournalFormat());
            }
        }
    }
}
