package io.tapwright.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every action of every plan of every scenario fails once with each errno that is plausible for any of them, and the agent
 * dies once before it and once after it; every read fails once, too. After each step of the scenario the host must be as
 * it is where nothing goes wrong, at the end without a trace; and while something was wrong, a sentence must have named
 * operation, device and errno.
 */
@Timeout(300)
class FaultInjectionTest {

    private static final List<Errno> ERRNOS = List.of(Errno.EBUSY, Errno.EPERM, Errno.ENOBUFS, Errno.ENODEV, Errno.EEXIST,
            Errno.ENFILE, Errno.EINVAL, Errno.ENOSPC, Errno.EXFULL);

    /** These mean that the view was out of date: looking again is the answer, and nobody need hear of it but the counters. */
    private static final Set<Errno> LOOKED_AGAIN = Set.of(Errno.ENODEV, Errno.EEXIST);

    private static final TreeMap<String, Integer> CASES = new TreeMap<>();

    /** How a scenario went: the host after each step, and what was done. */
    private record Run(List<List<String>> pictures, Fault fault, Operator operator) {
    }

    static Stream<Scenario> scenarios() {
        return Scenario.all().stream();
    }

    static Stream<Scenario> scenariosToDieIn() {
        return scenarios().filter(scenario -> !scenario.wipesMarks());
    }

    @AfterAll
    static void tellHowMany() {
        System.out.println("fault injection: " + CASES.values().stream().mapToInt(Integer::intValue).sum() + " cases: " + CASES);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void leavesNothingBehindWhereNothingGoesWrong(Scenario scenario) {
        World untouched = new World();
        scenario.before().accept(untouched);
        Run run = run(scenario, Fault.none());
        assertThat(run.pictures().getLast()).isEqualTo(SeenKernel.describe(untouched.kernel));
        assertThat(run.operator().world.told.failures).isEmpty();
        assertThat(run.operator().world.told.retries).isEmpty();
        assertThat(run.operator().world.told.problems).noneMatch(text -> text.startsWith("could not"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void convergesWhereAnyActionIsRefusedOnce(Scenario scenario) {
        Run expected = run(scenario, Fault.none());
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < expected.fault().actions().size(); i++) {
            for (Errno errno : ERRNOS) {
                Run run = attempt(scenario, Fault.onAction(i, new Fault.Kind.Refusal(errno)), expected, wrong, "refusals");
                if (run != null) {
                    checkReason(scenario, run, errno, wrong);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenariosToDieIn")
    void convergesWhereTheAgentDiesAtAnyAction(Scenario scenario) {
        Run expected = run(scenario, Fault.none());
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < expected.fault().actions().size(); i++) {
            attempt(scenario, Fault.onAction(i, new Fault.Kind.DeathBefore()), expected, wrong, "deaths");
            attempt(scenario, Fault.onAction(i, new Fault.Kind.DeathAfter()), expected, wrong, "deaths");
        }
        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void convergesWhereAnyReadFailsOnce(Scenario scenario) {
        Run expected = run(scenario, Fault.none());
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < expected.fault().reads(); i++) {
            attempt(scenario, Fault.onRead(i, new Fault.Kind.Refusal(Errno.ENOBUFS)), expected, wrong, "failing reads");
        }
        assertThat(wrong).isEmpty();
    }

    private static Run run(Scenario scenario, Fault fault) {
        World world = new World();
        scenario.before().accept(world);
        Operator operator = new Operator(world, fault);
        List<List<String>> pictures = new ArrayList<>();
        for (Scenario.Step step : scenario.steps()) {
            step.what().accept(operator);
            operator.comeToRest();
            pictures.add(operator.picture());
        }
        return new Run(pictures, fault, operator);
    }

    /** Null where it went so wrong that there is nothing to look at. */
    private static Run attempt(Scenario scenario, Fault fault, Run expected, List<String> wrong, String kind) {
        CASES.merge(kind, 1, Integer::sum);
        Run run;
        try {
            run = run(scenario, fault);
        } catch (RuntimeException | AssertionError e) {
            wrong.add(scenario + ": " + fault + ": " + e);
            return null;
        }
        if (!fault.wasHit()) {
            wrong.add(scenario + ": " + fault + " never came");
        }
        for (int i = 0; i < scenario.steps().size(); i++) {
            if (!run.pictures().get(i).equals(expected.pictures().get(i))) {
                List<String> missing = new ArrayList<>(expected.pictures().get(i));
                missing.removeAll(run.pictures().get(i));
                List<String> tooMany = new ArrayList<>(run.pictures().get(i));
                tooMany.removeAll(expected.pictures().get(i));
                wrong.add(scenario + ": " + fault + ": after '" + scenario.steps().get(i).name() + "' missing " + missing
                        + ", too many " + tooMany);
                break;
            }
        }
        return run;
    }

    private static void checkReason(Scenario scenario, Run run, Errno errno, List<String> wrong) {
        HostAction hit = run.fault().hit().orElse(null);
        if (hit == null) {
            return;
        }
        List<String> failures = run.operator().world.told.failures;
        if (failures.stream().noneMatch(text -> text.equals(hit + ": " + errno))) {
            wrong.add(scenario + ": " + run.fault() + " was not told as a failed action: " + failures);
        }
        if (LOOKED_AGAIN.contains(errno)) {
            return;
        }
        List<String> sentences = run.operator().sentences();
        if (sentences.stream().noneMatch(text -> text.contains(hit.toString()) && text.contains(hit.device().text())
                && text.contains(errno.toString()))) {
            wrong.add(scenario + ": " + run.fault() + " without a sentence that names it: " + sentences);
        }
    }
}
