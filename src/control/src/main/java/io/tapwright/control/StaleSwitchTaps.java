package io.tapwright.control;

import io.tapwright.model.Mark;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.network.Network;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Finds and deletes the taps of networks that have no switch in user space any more. Used by the worker that sweeps. */
final class StaleSwitchTaps {

    /** When the switch lets go of a tap is told by nobody. */
    private static final Duration UNTIL_LET_GO = Duration.ofSeconds(5);

    private final Actor actor;
    private final ControlSettings settings;

    StaleSwitchTaps(Actor actor, ControlSettings settings) {
        this.actor = actor;
        this.settings = settings;
    }

    /**
     * Deletes the taps of networks that have no switch any more, unless some process holds them open.
     *
     * @param all      every device
     * @param problems to which is added what could not be done
     */
    Outcome remove(List<Link> all, Set<String> problems) {
        Outcome outcome = Outcome.DONE;
        for (Link tap : all) {
            if (!isStale(tap)) {
                continue;
            }
            HostAction deletion = new HostAction.DeleteLink(tap.ref());
            if (actor.isDryRun()) {
                problems.add("dry run: would " + deletion);
            } else if (tap.carrier()) {
                outcome = outcome.and(new Outcome.LookAgain(UNTIL_LET_GO));
            } else {
                try {
                    actor.apply(deletion);
                } catch (HostNetworkException e) {
                    problems.add("could not " + deletion + ": " + e.getMessage());
                    outcome = outcome.and(Outcome.FAILED);
                }
            }
        }
        return outcome;
    }

    private boolean isStale(Link tap) {
        return tap.isTap() && tap.mark().filter(m -> m instanceof Mark.SwitchTap(String instance, String network)
                && instance.equals(settings.bridges().instance())
                && settings.catalog().network(network).filter(Network::userspace).map(Network::switchTap)
                        .filter(tap.name()::equals).isEmpty()).isPresent();
    }
}
