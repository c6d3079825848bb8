package io.tapwright.control;

import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** The one place from which the host's network is changed, and where a dry run stops short of it. */
final class Actor {

    private static final Set<Errno> OUTDATED_VIEW = Set.of(Errno.EEXIST, Errno.ENODEV);

    private final HostNetwork host;
    private final boolean dryRun;
    private final LongSupplier nanoClock;
    private final ControlListener listener;

    Actor(HostNetwork host, boolean dryRun, LongSupplier nanoClock, ControlListener listener) {
        this.host = host;
        this.dryRun = dryRun;
        this.nanoClock = nanoClock;
        this.listener = listener;
    }

    boolean isDryRun() {
        return dryRun;
    }

    void apply(HostAction action) {
        if (dryRun) {
            throw new IllegalStateException("a dry run must not " + action);
        }
        long begun = nanoClock.getAsLong();
        try {
            host.apply(action);
            listener.applied(action, Duration.ofNanos(nanoClock.getAsLong() - begun));
        } catch (HostNetworkException e) {
            listener.failed(action, e);
            throw e;
        }
    }

    /**
     * Carries them out one after the other.
     *
     * @param outdated what tells the refusals that mean that the plan was made on a view which is out of date by now
     * @return the one that came, after which the rest is left: observe again
     * @throws HostNetworkException for every other
     */
    Optional<HostNetworkException> attempt(List<HostAction> actions, Predicate<HostNetworkException> outdated) {
        for (HostAction action : actions) {
            try {
                apply(action);
            } catch (HostNetworkException e) {
                if (!outdated.test(e)) {
                    throw e;
                }
                return Optional.of(e);
            }
        }
        return Optional.empty();
    }

    /** True for the refusals that come of acting on what is no longer so: looking again tells what to do. */
    static boolean meansOutdatedView(HostNetworkException e) {
        return OUTDATED_VIEW.contains(e.errno());
    }

    /** What to say of a device that is left alone for a while, or that no number of looks finds settled. */
    static String truce(String device) {
        return device + " was put right again and again, and somebody else undoes it each time;"
                + " Tapwright tries again ever more slowly; find out who else configures it";
    }

    /** What to say where every look finds something new to do, or every write comes too late. */
    static String unsettled(String device, Optional<HostNetworkException> last) {
        return last.map(e -> device + " keeps changing while it is being configured; last refusal: " + e.getMessage())
                .orElseGet(() -> truce(device));
    }
}
