package io.tapwright.control;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.network.Network;
import io.tapwright.model.plan.Standing;
import io.tapwright.model.plan.SwitchTapPlan;
import io.tapwright.model.status.NicState;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.PortStatus;
import java.time.Duration;
import java.util.Optional;

/**
 * Keeps the tap between a network's bridge and the switch in user space, and has the switch open it. Used by the worker
 * that has the network's key.
 */
final class SwitchTapKeeper {

    /** The tap, the read that finds nothing to do, one for a surprise. */
    private static final int PASSES = 3;

    private final HostNetwork host;
    private final Actor actor;
    private final ControlSettings settings;
    private final DeviceIndex index;
    private final Fights fights;
    private final SwitchPorts ports;
    private final ControlListener listener;

    SwitchTapKeeper(HostNetwork host, Actor actor, ControlSettings settings, DeviceIndex index, Fights fights, SwitchPorts ports,
            ControlListener listener) {
        this.host = host;
        this.actor = actor;
        this.settings = settings;
        this.index = index;
        this.fights = fights;
        this.ports = ports;
        this.listener = listener;
    }

    /**
     * What is to be said of a network whose bridge was found like this. A tap whose bridge is in trouble is left as it is.
     */
    NetworkKeeper.Finding keep(Network network, NetworkKeeper.Finding bridge) {
        if (!network.userspace() || bridge.standing().state() != NicState.READY) {
            return bridge;
        }
        try {
            NetworkKeeper.Finding tap = converge(network);
            return tap.standing().state() == NicState.READY && tap.standing().reason().isEmpty() ? bridge : tap;
        } catch (HostNetworkException e) {
            return new NetworkKeeper.Finding(Standing.failed(e.getMessage()), Outcome.FAILED);
        }
    }

    private NetworkKeeper.Finding converge(Network network) {
        InterfaceName name = network.switchTap();
        Optional<HostNetworkException> last = Optional.empty();
        for (int pass = 0; pass < PASSES; pass++) {
            Optional<Link> tap = host.link(name);
            SwitchTapPlan plan = SwitchTapPlan.of(network, tap, host.link(network.bridge()), settings.bridges(),
                    settings.userspace().tapOwner(), tap.flatMap(t -> index.lastMark(t.index())));
            if (plan.actions().isEmpty()) {
                if (plan.standing().state() == NicState.FAILED) {
                    return new NetworkKeeper.Finding(plan.standing(), Outcome.WAITING);
                }
                fights.stands(name, network);
                return new NetworkKeeper.Finding(inSwitch(network, name), Outcome.DONE);
            }
            if (actor.isDryRun()) {
                return new NetworkKeeper.Finding(
                        Standing.pending("dry run: would " + NicWiring.sentence(plan.actions())), Outcome.DONE);
            }
            Optional<Duration> pause = fights.pause(name, network);
            if (pause.isPresent()) {
                return new NetworkKeeper.Finding(Standing.failed(Actor.truce("tap " + name)), new Outcome.LookAgain(pause.get()));
            }
            if (fights.stoodAs(name).filter(network::equals).isPresent()) {
                Drift.kinds(plan.actions()).forEach(
                        kind -> listener.drifted("network '" + network.name() + "'", name.text(), kind));
            }
            last = actor.attempt(plan.actions(), Actor::meansOutdatedView);
            if (last.isEmpty()) {
                fights.broughtAbout(name, network);
            }
        }
        return new NetworkKeeper.Finding(Standing.failed(Actor.unsettled("tap " + name, last)), Outcome.FAILED);
    }

    private Standing inSwitch(Network network, InterfaceName tap) {
        return switch (ports.uplink(network.name(), tap)) {
            case SwitchPorts.Finding.Is(PortState state) -> state.status() == PortStatus.RUNNING
                    ? Standing.ready()
                    : state.status() == PortStatus.FAILED
                            ? Standing.failed("the switch in user space can't use tap " + tap + ": " + state.reason())
                            : Standing.pending("the switch in user space has not opened tap " + tap + " yet");
            case SwitchPorts.Finding.Unknown(String reason) -> Standing.pending(reason);
            case SwitchPorts.Finding.Taken(var by) -> throw new IllegalStateException("a tap is no NIC's");
        };
    }
}
