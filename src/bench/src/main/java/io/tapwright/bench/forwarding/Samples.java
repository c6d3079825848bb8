package io.tapwright.bench.forwarding;

import io.tapwright.bench.Figures;
import io.tapwright.bench.Report;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What was measured, of which contender under which load. */
final class Samples {

    private static final int ATTEMPTS = 3;

    private record Sample(Contender contender, Load load, Measurement measured) {
    }

    private final List<Sample> all;

    Samples() {
        this(new ArrayList<>());
    }

    private Samples(List<Sample> all) {
        this.all = all;
    }

    /**
     * Measures again where somebody else had the cores too; the least disturbed attempt counts in any case. One in which the cores
     * were near and then far, for long enough, counts for both.
     */
    void measure(Report report, Rig rig, Traffic traffic, Contender contender, Load load) throws Exception {
        List<Measurement> measured = new ArrayList<>();
        for (int attempt = 0; attempt < ATTEMPTS && measured.stream().allMatch(Measurement::disturbed); attempt++) {
            double before = rig.rings().distanceNanos();
            Measurement raw = contender.measure(rig, traffic, load);
            for (Measurement part : raw.told(CoreDistance.of(before, rig.rings().distanceNanos()))) {
                report.progress("%s, %d bytes, %d ports, %d addresses: %.2f M frames/s; waited %.1f %%, cores %s", contender.title(),
                        load.size(), load.ports(), load.macs(), part.megaFrames(), 100 * part.waited(), part.distance());
                measured.add(part);
            }
        }
        List<Measurement> calm = measured.stream().filter(part -> !part.disturbed()).toList();
        (calm.isEmpty() ? List.of(Collections.min(measured, Comparator.comparing(Measurement::disturbance))) : calm)
                .forEach(part -> all.add(new Sample(contender, load, part)));
    }

    /** Those that were taken while the cores were so far apart. */
    Samples at(CoreDistance distance) {
        return new Samples(all.stream().filter(s -> s.measured.distance() == distance).toList());
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    int count(Contender contender, Load load) {
        return (int) of(contender, load).count();
    }

    /** Whether in half of the rounds or more others had too much of the cores. */
    boolean mostlyDisturbed(Contender contender, Load load) {
        return 2 * of(contender, load).filter(Measurement::disturbed).count() >= count(contender, load);
    }

    /** There is at least one. */
    Figures figures(Contender contender, Load load, ToDoubleFunction<Measurement> value) {
        return Figures.of(of(contender, load).map(value::applyAsDouble).toList());
    }

    /** Not a number where there is none. */
    double median(Contender contender, Load load, ToDoubleFunction<Measurement> value) {
        return count(contender, load) == 0 ? Double.NaN : figures(contender, load, value).median();
    }

    /** Frames a second to those of the first that is meant; not a number where there are none of one of them. */
    double ratio(Contender contender, Predicate<Contender> to, Load load) {
        return all.stream().map(Sample::contender).filter(to).findFirst()
                .map(other -> median(contender, load, Measurement::framesPerSecond) / median(other, load, Measurement::framesPerSecond))
                .orElse(Double.NaN);
    }

    private Stream<Measurement> of(Contender contender, Load load) {
        return all.stream().filter(s -> s.contender.equals(contender) && s.load.equals(load)).map(Sample::measured);
    }
}
