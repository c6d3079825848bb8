package io.tapwright.bench.forwarding;

import io.tapwright.testkit.lab.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Who runs where.
 *
 * @param guests  the core of those who send and receive
 * @param backEnd the core of what is measured, all its threads
 */
record Cores(int guests, int backEnd) {

    /** The first two that this process may run on. */
    static Cores ofMachine() {
        String list = Command.run(Duration.ofSeconds(5), new byte[0],
                List.of("taskset", "--cpu-list", "--pid", Long.toString(ProcessHandle.current().pid()))).orThrow();
        List<Integer> all = new ArrayList<>();
        for (String range : list.substring(list.lastIndexOf(' ') + 1).strip().split(",")) {
            String[] ends = range.split("-");
            for (int core = Integer.parseInt(ends[0]); core <= Integer.parseInt(ends[ends.length - 1]); core++) {
                all.add(core);
            }
        }
        if (all.size() < 2) {
            throw new IllegalStateException("measure with two cores: there is " + list.strip());
        }
        return new Cores(all.get(0), all.get(1));
    }

    /** For {@code taskset}, before a back-end's command. */
    List<String> onBackEnd(List<String> command) {
        List<String> all = new ArrayList<>(List.of("taskset", "--cpu-list", Integer.toString(backEnd)));
        all.addAll(command);
        return all;
    }
}
