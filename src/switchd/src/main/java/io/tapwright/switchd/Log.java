package io.tapwright.switchd;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the program says, on stderr. Where systemd's journal reads that, each line has its priority in front, as sd-daemon(3)
 * describes, those of a stack trace too. Any thread.
 */
final class Log {

    private static final Path STDERR = Path.of("/proc/self/fd/2");
    // Of syslog(3).
    private static final int ERROR = 3;
    private static final int INFORMATIONAL = 6;

    private final PrintStream to;
    private final boolean journal;

    Log(PrintStream to, boolean journal) {
        this.to = to;
        this.journal = journal;
    }

    static Log ofStderr() {
        return new Log(System.err, isJournal(System.getenv("JOURNAL_STREAM"), STDERR));
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

    void info(String text) {
        print(INFORMATIONAL, "tapwright-switch: " + text);
    }

    void error(String text) {
        print(ERROR, "tapwright-switch: " + text);
    }

    /** A fault of ours. */
    void fault(Throwable fault) {
        StringWriter trace = new StringWriter();
        fault.printStackTrace(new PrintWriter(trace, true));
        print(ERROR, trace.toString().stripTrailing());
    }

    private void print(int priority, String text) {
        to.println(journal ? text.replaceAll("(?m)^", "<" + priority + ">") : text);
    }
}
