package io.tapwright.switchd;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;

/**
 * The command line.
 *
 * @param poll how long a worker looks for traffic after the last before it sleeps
 */
record Options(Path controlSocket, Path socketDirectory, int workers, Duration poll) {

    static final String USAGE = """
            usage: tapwright-switch [OPTION...]

              --control-socket PATH     where the agent says what is wanted (/run/tapwright-switch/control.sock)
              --socket-directory PATH   where guests' sockets are (/run/tapwright-switch/vhost)
              --workers N               threads that carry frames (1)
              --poll-micros N           how long they look for traffic after the last before they sleep (50)
            """;

    private static final Options DEFAULTS = new Options(Path.of("/run/tapwright-switch/control.sock"),
            Path.of("/run/tapwright-switch/vhost"), 1, Duration.ofNanos(50_000));

    /** @throws IllegalArgumentException saying which is wrong */
    static Options parse(List<String> arguments) {
        Options options = DEFAULTS;
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String name = rest.next();
            if (!rest.hasNext()) {
                throw new IllegalArgumentException(name + ": expected an option with a value");
            }
            options = options.with(name, rest.next());
        }
        return options;
    }

    private Options with(String name, String value) {
        return switch (name) {
            case "--control-socket" -> new Options(Path.of(value).toAbsolutePath(), socketDirectory, workers, poll);
            case "--socket-directory" -> new Options(controlSocket, Path.of(value).toAbsolutePath().normalize(), workers, poll);
            case "--workers" -> new Options(controlSocket, socketDirectory, number(name, value, 1, 64), poll);
            case "--poll-micros" ->
                    new Options(controlSocket, socketDirectory, workers, Duration.ofNanos(1000L * number(name, value, 0, 1_000_000)));
            default -> throw new IllegalArgumentException(name + ": no such option");
        };
    }

    private static int number(String name, String value, int least, int most) {
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // As wrong as one that is too large.
        }
        throw new IllegalArgumentException(name + ": '" + value + "', expected a number from " + least + " to " + most);
    }
}
