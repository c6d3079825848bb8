package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Link;
import io.tapwright.model.network.NetworkCatalog;
import io.tapwright.model.plan.DesiredNic;
import io.tapwright.model.plan.Standing;
import io.tapwright.model.plan.TapPlan;
import io.tapwright.model.plan.TapPolicy;
import io.tapwright.model.plan.UserspacePolicy;
import io.tapwright.model.status.DomainStatus;
import io.tapwright.model.status.NicStatus;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Every device as one dump has it, to tell which domains need no look: what a look would find is what the board says
 * already, and nothing is to be done. It only decides who is looked at, so it may err towards looking: whatever comes
 * after the dump is news, and queues its own key. Made for one sweep, on one thread.
 */
final class Overview {

    private final Map<InterfaceName, Link> byName = new HashMap<>();
    private final Map<Integer, Link> byIndex = new HashMap<>();
    private final NetworkCatalog catalog;
    private final TapPolicy policy;
    private final UserspacePolicy userspace;
    private final DeviceIndex index;
    private final StatusBoard board;

    Overview(Collection<Link> all, ControlSettings settings, DeviceIndex index, StatusBoard board) {
        all.forEach(link -> {
            byName.put(link.name(), link);
            byIndex.put(link.index(), link);
        });
        this.catalog = settings.catalog();
        this.policy = settings.taps();
        this.userspace = settings.userspace();
        this.index = index;
        this.board = board;
    }

    /** True where a look at this domain would change nothing, neither on the host nor on the board. */
    boolean isSettled(DomainEntry entry) {
        DomainStatus status = board.domain(entry.id());
        if (status == null || !entry.reported() || !entry.plugged().isEmpty() || !status.name().equals(entry.name())
                || !status.phase().equals(entry.phase().text()) || status.persistent() != entry.persistent()) {
            return false;
        }
        List<DesiredNic> wanted = entry.wanted(catalog, userspace);
        if (wanted.size() != status.nics().size() || hasOthersThan(wanted, entry.id())) {
            return false;
        }
        for (int i = 0; i < wanted.size(); i++) {
            if (!isSettled(wanted.get(i), status.nics().get(i))) {
                return false;
            }
        }
        return true;
    }

    /** A tap of the domain's that none of its NICs wants, at least not under this name. */
    private boolean hasOthersThan(List<DesiredNic> wanted, DomainId id) {
        Set<InterfaceName> names = new HashSet<>();
        wanted.forEach(nic -> {
            if (nic instanceof DesiredNic.Tap tap) {
                names.add(tap.device());
            }
        });
        return index.tapsOf(id).stream().anyMatch(tap -> !names.contains(tap.name()));
    }

    private boolean isSettled(DesiredNic nic, NicStatus status) {
        if (!nic.id().mac().text().equals(status.mac()) || !nic.spec().type().equals(status.type())) {
            return false;
        }
        return switch (nic) {
            case DesiredNic.Tap tap -> isSettled(tap, status);
            case DesiredNic.VhostUser vhost -> false; // a look at it asks the kernel nothing
            case DesiredNic.Observed observed -> isSettled(observed, status);
            case DesiredNic.Refused refused -> says(status, Standing.failed(refused.reason()));
            case DesiredNic.Deferred deferred -> says(status, Standing.pending(deferred.reason()));
        };
    }

    private boolean isSettled(DesiredNic.Tap nic, NicStatus status) {
        Optional<Link> tap = Optional.ofNullable(byName.get(nic.device()));
        Optional<Link> bridge = Optional.ofNullable(byName.get(nic.network().bridge()));
        TapPlan plan = TapPlan.of(nic, tap, bridge, policy, tap.flatMap(link -> index.lastMark(link.index())));
        return plan.actions().isEmpty() && nic.device().text().equals(status.tap())
                && nic.network().name().equals(status.network()) && nic.network().bridge().text().equals(status.bridge())
                && says(status, plan.standing());
    }

    private boolean isSettled(DesiredNic.Observed nic, NicStatus status) {
        String bridge = NicWiring.bridgeOf(
                nic, name -> Optional.ofNullable(byName.get(name)), number -> Optional.ofNullable(byIndex.get(number)));
        return Objects.equals(status.tap(), NicWiring.deviceOf(nic).orElse(null)) && Objects.equals(status.bridge(), bridge)
                && says(status, Standing.observed(Optional.empty()));
    }

    private static boolean says(NicStatus status, Standing standing) {
        return status.state() == standing.state() && Objects.equals(status.reason(), standing.reason().orElse(null));
    }
}
