package io.tapwright.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The report, in Markdown on stdout; what is going on meanwhile goes to stderr. */
public final class Report {

    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
    }

    public void section(String title) {
        out.printf("%n## %s%n%n", title);
    }

    public void line(String format, Object... values) {
        out.println(text(format, values));
    }

    public void header(String... columns) {
        out.println();
        row(List.of(columns));
        out.println("|---".repeat(columns.length) + "|");
    }

    public void row(Object... cells) {
        row(List.of(cells));
    }

    private void row(List<?> cells) {
        out.println("| " + String.join(" | ", cells.stream().map(Object::toString).toList()) + " |");
    }

    /** What was aimed at, beside what came out. */
    public void goal(String what, double limit, double measured, String unit) {
        line("%ngoal: %s at most %s %s: %s, %s", what, figure(limit), unit, figure(measured),
                measured <= limit ? "met" : "MISSED");
    }

    public void goalAtLeast(String what, double limit, double measured, String unit) {
        line("%ngoal: %s at least %s %s: %s, %s", what, figure(limit), unit, figure(measured),
                measured >= limit ? "met" : "MISSED");
    }

    /** Who else uses the machine. */
    public void load() {
        try {
            String[] fields = Files.readString(Path.of("/proc/loadavg")).split(" ");
            line("%nload average at the end: %s %s %s", fields[0], fields[1], fields[2]);
        } catch (IOException e) {
            line("%nload average unknown: %s", e.getMessage());
        }
    }

    public void progress(String format, Object... values) {
        System.err.println(text(format, values));
    }

    /** Three digits where there are so many. */
    public static String figure(double value) {
        double size = Math.abs(value);
        return text(size >= 100 || value == Math.rint(value) ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
    }

    static String millis(double micros) {
        return figure(micros / 1000);
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
