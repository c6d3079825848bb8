package io.tapwright.testkit.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The chaos as a command; {@code deploy/chaos} says how. */
public final class ChaosCommand {

    private ChaosCommand() {
    }

    /**
     * Runs it and prints how it goes.
     *
     * @param arguments as {@code deploy/chaos} takes them
     * @return how often something was not as it should be
     */
    public static int run(List<String> arguments) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < arguments.size(); i += 2) {
            options.put(arguments.get(i), arguments.get(i + 1));
        }
        long seed = Long.parseLong(options.getOrDefault("--seed", Long.toString(System.nanoTime() & 0xffffff)));
        int kills = Integer.parseInt(options.getOrDefault("--kills", "0"));
        Duration duration = Duration.ofSeconds((long) (60 * Double.parseDouble(
                options.getOrDefault("--minutes", kills > 0 ? "0" : "10"))));
        List<ChaosRun.Plan> plans = new ArrayList<>();
        String driver = options.getOrDefault("--driver", kills > 0 ? "test" : "both");
        boolean both = driver.equals("both");
        if (both || driver.equals("test")) {
            plans.add(plan(Driver.TEST, seed, both ? duration.multipliedBy(3).dividedBy(5) : duration, kills));
        }
        if (both || driver.equals("qemu")) {
            plans.add(plan(Driver.QEMU, seed, both ? duration.multipliedBy(2).dividedBy(5) : duration, both ? 0 : kills));
        }
        int mismatches = 0;
        for (ChaosRun.Plan plan : plans) {
            System.out.println("seed " + seed + ", driver " + plan.driver());
            ChaosReport report = ChaosRun.run(plan, System.out::println);
            report.mismatches().forEach(System.out::println);
            System.out.println(report.summary());
            mismatches += report.mismatches().size();
        }
        return mismatches;
    }

    /** A campaign of kills lets the agent live for less, since each of its lives is one of many. */
    static ChaosRun.Plan plan(Driver driver, long seed, Duration duration, int kills) {
        return new ChaosRun.Plan(driver, seed, duration, kills, Duration.ofSeconds(kills > 0 ? 4 : 12),
                Duration.ofSeconds(kills > 0 ? 25 : 10), driver == Driver.TEST ? 30 : 5, Duration.ofMillis(kills > 0 ? 200 : 120));
    }
}
