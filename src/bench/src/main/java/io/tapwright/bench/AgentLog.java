package io.tapwright.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the agent's log says, read as it grows: when each NIC came to its present state, in milliseconds since the epoch.
 * Costs the agent nothing that its users don't pay too, where asking it for its status would. One thread.
 */
final class AgentLog {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
    private static final int TIME_LENGTH = 23;
    /** Of a fleet: the test driver has a domain of its own. */
    private static final Pattern NIC = Pattern.compile("NIC (52:54:00:[0-9a-f:]{8}) \\(\\S+\\): ([a-z]+)");

    private final Path file;
    private final Map<String, Seen> nics = new HashMap<>();
    private final StringBuilder rest = new StringBuilder();
    private long offset;
    private long connectedMillis;
    private long readyMillis;
    private int warnings;

    AgentLog(Path file) {
        this.file = file;
    }

    /** A NIC's state and since when. */
    record Seen(String state, long sinceMillis) {
    }

    /** Takes in what was written since the last time. */
    void read() {
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            byte[] more = new byte[(int) (log.length() - offset)];
            log.seek(offset);
            log.readFully(more);
            offset += more.length;
            rest.append(new String(more, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
            take(rest.substring(0, end));
            rest.delete(0, end + 1);
        }
    }

    private void take(String line) {
        if (line.contains(" WARN ") || line.contains(" ERROR ")) {
            warnings++;
        }
        Matcher nic = NIC.matcher(line);
        if (nic.find()) {
            nics.put(nic.group(1), new Seen(nic.group(2), millis(line)));
        } else if (line.endsWith(": connected")) {
            connectedMillis = millis(line);
        } else if (line.contains(" ready: libvirt ")) {
            readyMillis = millis(line);
        }
    }

    private static long millis(String line) {
        return LocalDateTime.parse(line.substring(0, TIME_LENGTH), TIME).atZone(ZoneId.systemDefault()).toInstant()
                .toEpochMilli();
    }

    Map<String, Seen> nics() {
        return nics;
    }

    int count(String state) {
        return (int) nics.values().stream().filter(n -> n.state().equals(state)).count();
    }

    /** When the last of the NICs came to its state. */
    long lastMillis() {
        return nics.values().stream().mapToLong(Seen::sinceMillis).max().orElseThrow();
    }

    /** When libvirt's connection stood, 0 before. */
    long connectedMillis() {
        return connectedMillis;
    }

    /** When the hook could be answered, 0 before. */
    long readyMillis() {
        return readyMillis;
    }

    int warnings() {
        return warnings;
    }
}
