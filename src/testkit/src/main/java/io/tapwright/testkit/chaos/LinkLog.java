package io.tapwright.testkit.chaos;

import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Lab;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel tells of devices, with the time at which it was told: {@code ip monitor} in a lab, which waits for the
 * kernel's messages and asks nothing.
 */
public final class LinkLog implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Pattern LINE = Pattern.compile("\\[([0-9T:.-]+)\\] (Deleted )?\\d+: ([^:@]+)[:@].*");

    private final Process process;
    private final List<Event> events = new CopyOnWriteArrayList<>();

    private record Event(LocalDateTime at, String device, boolean gone, String text) {

        boolean isPortOf(String bridge) {
            return !gone && text.contains(" master " + bridge + " ");
        }
    }

    private LinkLog(Process process) {
        this.process = process;
    }

    /** Returns once it listens. */
    public static LinkLog start(Lab lab) {
        try {
            LinkLog log = new LinkLog(new ProcessBuilder(LabShell.project().resolve("deploy/lab").toString(), "run",
                    lab.dir().toString(), "--", "ip", "-tshort", "-o", "monitor", "link").redirectErrorStream(true).start());
            Thread.ofVirtual().start(log::read);
            // Nothing says that it listens but that it hears.
            Await.until("the kernel's messages are heard", PATIENCE, () -> {
                lab.run("sh", "-c", "ip link set lo alias listening").orThrow();
                return log.events.size();
            }, heard -> heard > 0);
            return log;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits until all of these are ports of a bridge that came after this began to listen.
     *
     * @return the time from the bridge's coming to the attachment of the last of them
     */
    public Duration untilPorts(String bridge, List<String> ports) {
        return Await.until(ports + " are ports of the new " + bridge, PATIENCE, () -> attached(bridge, ports),
                Optional::isPresent).orElseThrow();
    }

    private Optional<Duration> attached(String bridge, List<String> ports) {
        // The list grows meanwhile, and a part of a list that grows can't be read.
        List<Event> heard = List.copyOf(events);
        int gone = -1;
        for (int i = 0; i < heard.size(); i++) {
            if (heard.get(i).device().equals(bridge) && heard.get(i).gone()) {
                gone = i;
            }
        }
        List<Event> after = heard.subList(gone + 1, heard.size());
        Optional<Event> come = after.stream().filter(e -> e.device().equals(bridge)).findFirst();
        Optional<LocalDateTime> last = Optional.of(LocalDateTime.MIN);
        for (String port : ports) {
            Optional<LocalDateTime> at = after.stream().filter(e -> e.device().equals(port) && e.isPortOf(bridge))
                    .map(Event::at).findFirst();
            last = last.flatMap(l -> at.map(a -> a.isAfter(l) ? a : l));
        }
        return gone < 0 || come.isEmpty() ? Optional.empty() : last.map(l -> Duration.between(come.get().at(), l));
    }

    private void read() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher event = LINE.matcher(line);
                if (event.matches()) {
                    events.add(new Event(LocalDateTime.parse(event.group(1)), event.group(3), event.group(2) != null, line + " "));
                }
            }
        } catch (IOException endOfProcess) {
            process.destroy();
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
