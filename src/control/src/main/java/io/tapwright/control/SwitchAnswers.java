package io.tapwright.control;

import io.tapwright.control.SwitchPorts.Finding;
import io.tapwright.model.userspace.DesiredPort;
import io.tapwright.model.userspace.DesiredSwitch;
import io.tapwright.model.userspace.PortState;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.model.userspace.SwitchState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the switch in user space said last: that it has this, that it refuses that, or nothing more. Guarded by its owner,
 * {@link SwitchPorts}.
 */
final class SwitchAnswers {

    /** What it has said that it has, by {@link #name}; empty while it can't be reached, or has not answered yet. */
    private Map<String, DesiredPort> confirmed = Map.of();
    private Map<String, PortState> states = Map.of();
    private boolean reachable;
    private boolean refusing;
    /** Empty until something has gone wrong. */
    private String trouble = "";

    /** It was reached, and has not been asked yet. */
    void connected(SwitchState state) {
        reachable = true;
        refusing = false;
        trouble = "";
        confirmed = Map.of();
        states = byName(state);
    }

    void lost(String reason) {
        reachable = false;
        trouble = reason;
        confirmed = Map.of();
    }

    /** @return the ports that stand otherwise than before */
    List<PortState> told(SwitchState state) {
        Map<String, PortState> before = states;
        states = byName(state);
        Set<String> names = new HashSet<>(before.keySet());
        names.addAll(states.keySet());
        List<PortState> changed = new ArrayList<>();
        for (String name : names) {
            PortState was = before.get(name);
            PortState is = states.get(name);
            if (was == null || is == null || !was.saysTheSameAs(is)) {
                changed.add(was == null ? is : was);
            }
        }
        return changed;
    }

    /** It has what it was asked for. @return the ports of which that is news */
    List<PortState> confirmed(DesiredSwitch desired, SwitchState state) {
        Map<String, DesiredPort> before = confirmed;
        Map<String, DesiredPort> now = new HashMap<>();
        desired.networks().forEach(n -> n.ports().forEach(port -> now.put(name(n.name(), port.name()), port)));
        trouble = "";
        refusing = false;
        confirmed = now;
        states = byName(state);
        return state.ports().stream().filter(port -> now.get(nameOf(port)) instanceof DesiredPort has
                && !has.equals(before.get(nameOf(port)))).toList();
    }

    /** It has refused what it was asked for. @return whether that is news */
    boolean refused(String reason) {
        boolean isNew = !refusing || !trouble.equals(reason);
        trouble = reason;
        refusing = true;
        return isNew;
    }

    boolean isReachable() {
        return reachable;
    }

    boolean isRefusing() {
        return refusing;
    }

    Finding of(String network, DesiredPort port) {
        if (!reachable) {
            return new Finding.Unknown(trouble.isEmpty() ? "waiting for the switch in user space"
                    : "the switch in user space is not reachable: " + trouble);
        }
        PortState state = states.get(name(network, port.name()));
        return port.equals(confirmed.get(name(network, port.name()))) && state != null
                ? new Finding.Is(state)
                : new Finding.Unknown("the switch in user space does not have its port yet" + (trouble.isEmpty() ? "" : ": " + trouble));
    }

    /** A peer speaks on the port, or nobody knows. */
    boolean mayHavePeer(String network, DesiredPort port) {
        PortState state = states.get(name(network, port.name()));
        return !reachable || state != null && (state.status() == PortStatus.CONNECTED || state.status() == PortStatus.RUNNING);
    }

    private static Map<String, PortState> byName(SwitchState state) {
        return state.ports().stream().collect(Collectors.toMap(SwitchAnswers::nameOf, p -> p, (a, b) -> b, HashMap::new));
    }

    /** No network's name has a line break. */
    private static String name(String network, String port) {
        return network + "\n" + port;
    }

    private static String nameOf(PortState port) {
        return name(port.network(), port.port());
    }
}
