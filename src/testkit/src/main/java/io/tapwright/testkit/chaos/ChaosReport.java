package io.tapwright.testkit.chaos;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of a run.
 *
 * @param early      kills of an agent that was not ready yet, of all
 * @param deeds      how often each kind of deed was done
 * @param settled    how long each quiet point took from the moment the agent was ready
 * @param mismatches each with everything that was known; empty where all is well
 */
public record ChaosReport(
        Driver driver, long seed, Duration took, int kills, int early, int libvirtdKills, int operations,
        Map<String, Integer> deeds, List<Duration> settled, List<String> mismatches) {

    public ChaosReport {
        deeds = Map.copyOf(deeds);
        settled = List.copyOf(settled);
        mismatches = List.copyOf(mismatches);
    }

    /** The figures in a line or two. */
    public String summary() {
        List<Duration> sorted = settled.stream().sorted().toList();
        return "chaos on %s, seed %d, %d s: agent kills: %d (%d while starting), libvirtd kills: %d, operations: %d, quiet points: %d, mismatches: %d%n"
                .formatted(driver, seed, took.toSeconds(), kills, early, libvirtdKills, operations, settled.size(), mismatches.size())
                + (sorted.isEmpty() ? "" : "settled in: median %d ms, longest %d ms%n".formatted(
                        sorted.get(sorted.size() / 2).toMillis(), sorted.getLast().toMillis()))
                + "operations: " + new TreeMap<>(deeds);
    }
}
