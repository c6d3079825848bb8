package io.tapwright.model.plan;

import io.tapwright.model.Mark;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.Link.BridgePort;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.TapOwner;
import io.tapwright.model.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a tap needs, given what the kernel has.
 *
 * @param actions  in order; empty where nothing is to be done
 * @param standing where the NIC stands as observed, that is before the actions
 */
public record TapPlan(List<HostAction> actions, Standing standing) {

    public TapPlan {
        actions = List.copyOf(actions);
    }

    /**
     * The plan for one tap.
     *
     * @param tap    the device of the tap's name, whoever made it
     * @param bridge the device of the network's bridge name
     */
    public static TapPlan of(DesiredNic.Tap nic, Optional<Link> tap, Optional<Link> bridge, TapPolicy policy) {
        Mark mark = new Mark.Tap(policy.instance(), nic.id(), nic.domainName());
        if (tap.isPresent()) {
            Optional<String> foreign = refusal(nic, tap.get(), policy.instance());
            if (foreign.isPresent()) {
                return new TapPlan(List.of(), Standing.failed(foreign.get()));
            }
        }
        Optional<String> unusable = bridgeFault(nic.network(), bridge);
        Optional<Link> usable = unusable.isPresent() ? Optional.empty() : bridge;
        LinkChange wanted = settings(nic, mark.text(), usable);
        List<HostAction> actions = new ArrayList<>();
        if (tap.isEmpty()) {
            actions.add(new HostAction.CreateTap(nic.device(), nic.spec().isMultiQueue(), policy.owner(), wanted));
        } else if (!madeAsWanted(nic, tap.get(), policy.owner()) && !tap.get().carrier()) {
            actions.add(new HostAction.DeleteLink(tap.get().ref()));
            actions.add(new HostAction.CreateTap(nic.device(), nic.spec().isMultiQueue(), policy.owner(), wanted));
        } else {
            LinkChange change = difference(wanted, tap.get());
            if (!change.isEmpty()) {
                actions.add(new HostAction.ChangeLink(tap.get().ref(), change));
            }
        }
        Standing standing = unusable.isPresent()
                ? Standing.failed(unusable.get())
                : standing(nic, tap, bridge.orElseThrow(), actions);
        return new TapPlan(actions, standing);
    }

    /** Why a device of the wanted name must not be touched, or empty where it is this NIC's own tap. */
    private static Optional<String> refusal(DesiredNic.Tap nic, Link tap, String instance) {
        Optional<Mark> mark = tap.mark().filter(m -> m.instance().equals(instance));
        if (mark.isEmpty() || !tap.isTap()) {
            return Optional.of("target dev '" + nic.device() + "' is the name of a device that is not Tapwright's ("
                    + (tap.kind().isEmpty() ? "a physical or built-in device" : "kind " + tap.kind())
                    + "); give the NIC another target dev");
        }
        if (mark.get() instanceof Mark.Tap other && !other.nic().domain().equals(nic.id().domain())) {
            return Optional.of("target dev '" + nic.device() + "' is the tap of NIC " + other.nic().mac() + " of domain '"
                    + other.domainName() + "' (" + other.nic().domain() + "); give one of them another target dev");
        }
        return Optional.empty();
    }

    private static Optional<String> bridgeFault(Network network, Optional<Link> bridge) {
        if (bridge.isEmpty()) {
            return Optional.of("bridge " + network.bridge() + " of network '" + network.name() + "' does not exist"
                    + (network.create() ? "" : "; create it, or set tapwright.networks." + network.name() + ".create"));
        }
        if (!bridge.get().isBridge()) {
            return Optional.of("device " + network.bridge() + " of network '" + network.name() + "' is no bridge but "
                    + (bridge.get().kind().isEmpty() ? "a physical or built-in device" : "of kind " + bridge.get().kind()));
        }
        return Optional.empty();
    }

    private static LinkChange settings(DesiredNic.Tap nic, String alias, Optional<Link> bridge) {
        LinkChange common = LinkChange.NONE.withIpv6Off().mac(nic.id().mac().forTap()).alias(alias)
                .mtu(bridge.map(Link::mtu).orElse(nic.network().mtu().orElse(Network.DEFAULT_MTU)))
                .up(nic.raised() && bridge.isPresent());
        int master = nic.attached() ? bridge.map(Link::index).orElse(Link.NO_MASTER) : Link.NO_MASTER;
        return common.master(master);
    }

    /** False where only making the tap anew gives it what is wanted. */
    private static boolean madeAsWanted(DesiredNic.Tap nic, Link tap, TapOwner owner) {
        Link.Tun tun = tap.tun().orElseThrow();
        return tun.persistent() && tun.multiQueue() == nic.spec().isMultiQueue()
                && tun.owner() == owner.uid() && tun.group() == owner.gid();
    }

    private static LinkChange difference(LinkChange wanted, Link tap) {
        LinkChange change = LinkChange.NONE;
        if (!wanted.mac().equals(tap.mac())) {
            change = change.mac(wanted.mac().orElseThrow());
        }
        if (wanted.mtu().orElseThrow() != tap.mtu()) {
            change = change.mtu(wanted.mtu().orElseThrow());
        }
        if (!wanted.alias().orElseThrow().equals(tap.alias())) {
            change = change.alias(wanted.alias().orElseThrow());
        }
        if (wanted.master().orElseThrow() != tap.master()) {
            change = change.master(wanted.master().orElseThrow());
        }
        if (wanted.up().orElseThrow() != tap.up()) {
            change = change.up(wanted.up().orElseThrow());
        }
        return tap.ipv6Disabled() ? change : change.withIpv6Off();
    }

    private static Standing standing(DesiredNic.Tap nic, Optional<Link> tap, Link bridge, List<HostAction> actions) {
        if (!actions.isEmpty()) {
            return Standing.pending("to do: " + String.join("; ", actions.stream().map(HostAction::toString).toList()));
        }
        Link seen = tap.orElseThrow();
        if (nic.spec().isMultiQueue() != seen.tun().orElseThrow().multiQueue()) {
            return Standing.pending("tap " + seen.name() + " is in use with "
                    + (nic.spec().isMultiQueue() ? "one queue" : "many queues") + "; the change takes effect when the VM is off");
        }
        if (!nic.attached()) {
            return Standing.ready();
        }
        if (!nic.raised()) {
            return Standing.ready("the link is set down in the domain's XML");
        }
        if (!bridge.up()) {
            return Standing.failed("bridge " + bridge.name() + " is down; raise it with: ip link set " + bridge.name() + " up");
        }
        if (!seen.carrier()) {
            return Standing.pending(nic.phase() == Phase.STARTING
                    ? "waiting for QEMU to open tap " + seen.name()
                    : "the VM runs but no process holds tap " + seen.name() + " open; unplug and plug the NIC, or restart the VM");
        }
        BridgePort.State port = seen.port().map(BridgePort::state).orElse(BridgePort.State.DISABLED);
        return switch (port) {
            case FORWARDING -> Standing.wired();
            case LISTENING, LEARNING -> Standing.pending("port " + seen.name() + " of " + bridge.name() + " is "
                    + port.name().toLowerCase(java.util.Locale.ROOT) + ", the spanning tree protocol lets it forward soon");
            case BLOCKING -> Standing.failed("port " + seen.name() + " of " + bridge.name()
                    + " is blocked by the spanning tree protocol: the bridge sees a loop");
            case DISABLED -> Standing.pending("port " + seen.name() + " of " + bridge.name() + " is not forwarding yet");
        };
    }
}
