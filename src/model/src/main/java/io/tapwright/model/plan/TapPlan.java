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
import java.util.Locale;
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
        return of(nic, tap, bridge, policy, Optional.empty());
    }

    /**
     * The plan for one tap.
     *
     * @param lastMark the mark that this very device, by its index, was last seen with: where somebody has wiped it off
     *                 since, the device is still ours. A mark that somebody put in its place counts, though.
     */
    public static TapPlan of(DesiredNic.Tap nic, Optional<Link> tap, Optional<Link> bridge, TapPolicy policy,
            Optional<Mark> lastMark) {
        Mark mark = new Mark.Tap(policy.instance(), nic.id(), nic.domainName());
        if (tap.isPresent()) {
            Optional<String> foreign = refusal(nic, tap.get(), policy.instance(), lastMark);
            if (foreign.isPresent()) {
                return new TapPlan(List.of(), Standing.failed(foreign.get()));
            }
        }
        if (isHeldThoughOff(nic, tap)) {
            return new TapPlan(List.of(), Standing.pending("libvirt says that the VM is off, but some process holds tap "
                    + nic.device() + " open: it is left as it is until it is let go"));
        }
        Optional<String> unusable = bridgeFault(nic.network(), bridge);
        Optional<Link> usable = unusable.isPresent() ? Optional.empty() : bridge;
        LinkChange wanted = settings(nic, mark.text(), usable);
        List<HostAction> actions = new ArrayList<>();
        if (tap.isEmpty()) {
            actions.add(creation(nic, wanted, policy));
        } else if (!madeAsWanted(nic, tap.get(), policy.owner()) && !tap.get().carrier()) {
            actions.add(new HostAction.DeleteLink(tap.get().ref()));
            actions.add(creation(nic, wanted, policy));
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

    /** Why a device of the wanted name must not be touched, or empty where it is a tap of its domain's. */
    private static Optional<String> refusal(DesiredNic.Tap nic, Link tap, String instance, Optional<Mark> lastMark) {
        Optional<Mark> mark = tap.mark().or(() -> lastMark);
        if (tap.isTap() && mark.isPresent() && !mark.get().instance().equals(instance)) {
            return Optional.of("target dev '" + nic.device() + "' is a tap of another Tapwright, instance '"
                    + mark.get().instance() + "'; give the NIC another target dev");
        }
        if (mark.isEmpty() || !tap.isTap()) {
            return Optional.of("target dev '" + nic.device() + "' is the name of a device that is not Tapwright's ("
                    + (tap.kind().isEmpty() ? "a physical or built-in device" : "kind " + tap.kind())
                    + "); give the NIC another target dev");
        }
        String dev = "target dev '" + nic.device() + "' is ";
        return switch (mark.get()) {
            case Mark.Tap other when other.nic().domain().equals(nic.id().domain()) -> Optional.empty();
            case Mark.Tap other -> Optional.of(dev + "the tap of NIC " + other.nic().mac() + " of domain '"
                    + other.domainName() + "' (" + other.nic().domain() + "); give one of them another target dev");
            case Mark.SwitchTap other -> Optional.of(dev + "the tap between the bridge and the switch in user space of network '"
                    + other.network() + "'; give the NIC another target dev");
            case Mark.Bridge other -> Optional.of(dev + "a tap with the mark of the bridge of network '" + other.network()
                    + "'; give the NIC another target dev");
        };
    }

    static Optional<String> bridgeFault(Network network, Optional<Link> bridge) {
        if (bridge.isEmpty()) {
            return Optional.of("bridge " + network.bridge() + " of network '" + network.name() + "' does not exist"
                    + (network.create()
                            ? " yet; Tapwright makes it"
                            : "; create it, or set tapwright.networks." + network.name() + ".create"));
        }
        if (!bridge.get().isBridge()) {
            return Optional.of("device " + network.bridge() + " of network '" + network.name() + "' is no bridge but "
                    + (bridge.get().kind().isEmpty() ? "a physical or built-in device" : "of kind " + bridge.get().kind())
                    + "; name a bridge in tapwright.networks." + network.name() + ".bridge");
        }
        return Optional.empty();
    }

    private static HostAction creation(DesiredNic.Tap nic, LinkChange settings, TapPolicy policy) {
        LinkChange complete = settings.mtu().isPresent()
                ? settings
                : settings.mtu(nic.network().mtu().orElse(Network.DEFAULT_MTU));
        return new HostAction.CreateTap(nic.device(), nic.spec().isMultiQueue(), policy.owner(), complete);
    }

    /**
     * A tap that some process holds open belongs to a VM that runs, whatever libvirt says of its domain: one that has lost
     * its run-time state calls them off. It is left attached until it is let go, which the kernel tells.
     */
    private static boolean isHeldThoughOff(DesiredNic.Tap nic, Optional<Link> tap) {
        return !nic.attached() && tap.isPresent() && tap.get().carrier() && tap.get().master() != Link.NO_MASTER;
    }

    /** Without a bridge neither MTU nor up are known: a running VM's tap keeps both until the bridge is back. */
    private static LinkChange settings(DesiredNic.Tap nic, String alias, Optional<Link> bridge) {
        LinkChange always = LinkChange.NONE.withIpv6Off().mac(nic.id().mac().forTap()).alias(alias)
                .master(nic.attached() ? bridge.map(Link::index).orElse(Link.NO_MASTER) : Link.NO_MASTER);
        LinkChange sized = bridge.isPresent() ? always.mtu(bridge.get().mtu()) : always;
        return nic.raised() && bridge.isEmpty() ? sized : sized.up(nic.raised());
    }

    /** False where only making the tap anew gives it what is wanted. */
    private static boolean madeAsWanted(DesiredNic.Tap nic, Link tap, TapOwner owner) {
        Link.Tun tun = tap.tun().orElseThrow();
        return tun.persistent() && tun.multiQueue() == nic.spec().isMultiQueue()
                && tun.owner() == owner.uid() && tun.group() == owner.gid();
    }

    static LinkChange difference(LinkChange wanted, Link tap) {
        return new LinkChange(
                wanted.mac().filter(mac -> !tap.mac().equals(Optional.of(mac))),
                wanted.mtu().filter(mtu -> mtu != tap.mtu()),
                wanted.alias().filter(alias -> !alias.equals(tap.alias())),
                wanted.master().filter(master -> master != tap.master()),
                wanted.up().filter(up -> up != tap.up()),
                wanted.ipv6Off() && !tap.ipv6Disabled());
    }

    private static Standing standing(DesiredNic.Tap nic, Optional<Link> tap, Link bridge, List<HostAction> actions) {
        if (!actions.isEmpty()) {
            return Standing.pending("to do: " + String.join("; ", actions.stream().map(HostAction::toString).toList()));
        }
        Link seen = tap.orElseThrow();
        if (nic.spec().isMultiQueue() != seen.tun().orElseThrow().multiQueue()) {
            String inUse = "tap " + seen.name() + " is in use with " + (nic.spec().isMultiQueue() ? "one queue" : "many queues");
            return nic.phase() == Phase.STARTING
                    ? Standing.failed(inUse + ", which the VM could not open; end the process that holds it")
                    : Standing.pending(inUse + "; the change takes effect when the VM is off");
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
                    + port.name().toLowerCase(Locale.ROOT) + ", the spanning tree protocol lets it forward soon");
            case BLOCKING -> Standing.failed("port " + seen.name() + " of " + bridge.name()
                    + " is blocked by the spanning tree protocol: the bridge sees a loop");
            case DISABLED -> Standing.pending("port " + seen.name() + " of " + bridge.name() + " is not forwarding yet");
        };
    }
}
