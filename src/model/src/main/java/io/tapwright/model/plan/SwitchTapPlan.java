package io.tapwright.model.plan;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.Mark;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.TapOwner;
import io.tapwright.model.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the tap between a network's bridge and the switch in user space needs, given what the kernel has. It is a tap like
 * any other, IPv6 off and its address above any guest's, but for its owner, and that it is up all the time.
 *
 * @param actions  in order; empty where nothing is to be done
 * @param standing as observed: ready where the tap is as it should be
 */
public record SwitchTapPlan(List<HostAction> actions, Standing standing) {

    public SwitchTapPlan {
        actions = List.copyOf(actions);
    }

    /**
     * @param tap      the device of the tap's name, whoever made it
     * @param bridge   the device of the network's bridge name
     * @param lastMark the mark that this very tap, by its index, was last seen with: where somebody has wiped it off since,
     *                 the tap is still ours
     */
    public static SwitchTapPlan of(Network network, Optional<Link> tap, Optional<Link> bridge, BridgePolicy policy,
            TapOwner owner, Optional<Mark> lastMark) {
        InterfaceName name = network.switchTap();
        Mark mark = new Mark.SwitchTap(policy.instance(), network.name());
        Optional<String> fault = tap.flatMap(t -> refusal(network, t, mark, lastMark))
                .or(() -> TapPlan.bridgeFault(network, bridge));
        if (fault.isPresent()) {
            return new SwitchTapPlan(List.of(), Standing.failed(fault.get()));
        }
        LinkChange wanted = LinkChange.NONE.withIpv6Off().mac(policy.macOf(name).forTap()).alias(mark.text())
                .mtu(bridge.orElseThrow().mtu()).master(bridge.get().index()).up(true);
        List<HostAction> actions = new ArrayList<>();
        if (tap.isPresent() && madeAsWanted(tap.get(), owner)) {
            LinkChange change = TapPlan.difference(wanted, tap.get());
            if (!change.isEmpty()) {
                actions.add(new HostAction.ChangeLink(tap.get().ref(), change));
            }
        } else {
            tap.ifPresent(t -> actions.add(new HostAction.DeleteLink(t.ref())));
            actions.add(new HostAction.CreateTap(name, false, owner, wanted));
        }
        return new SwitchTapPlan(actions, actions.isEmpty() ? Standing.ready() : Standing.pending(
                "to do: " + String.join("; ", actions.stream().map(HostAction::toString).toList())));
    }

    /** Why a device of the tap's name must not be touched, or empty where it is this network's own. */
    private static Optional<String> refusal(Network network, Link tap, Mark own, Optional<Mark> lastMark) {
        Optional<Mark> mark = tap.mark().or(() -> lastMark);
        if (!tap.isTap() || mark.isEmpty()) {
            return Optional.of(tap.name() + " is the name of a device that is not Tapwright's, and needed for the tap between bridge "
                    + network.bridge() + " and the switch in user space; give that device another name");
        }
        if (!mark.get().instance().equals(own.instance())) {
            return Optional.of(tap.name() + " is a tap of another Tapwright, instance '" + mark.get().instance()
                    + "'; give network '" + network.name() + "', whose tap to the switch in user space needs that name, another name");
        }
        return mark.get().equals(own) ? Optional.empty()
                : Optional.of(tap.name() + " is a tap of Tapwright's for something else (" + mark.get().text() + "), and needed for"
                        + " the tap between bridge " + network.bridge() + " and the switch in user space; give one another name");
    }

    /** A tap that the switch holds open is left as it was made: what it carries is worth more than its owner. */
    private static boolean madeAsWanted(Link tap, TapOwner owner) {
        Link.Tun tun = tap.tun().orElseThrow();
        return tap.carrier() || tun.persistent() && !tun.multiQueue()
                && tun.owner() == owner.uid() && tun.group() == owner.gid();
    }
}
