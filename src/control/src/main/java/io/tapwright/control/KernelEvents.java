package io.tapwright.control;

import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkListener;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.DomainStatus;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The kernel's side: takes note of what changed, and queues whom it concerns, each key once: it may be taken and worked on
 * before another is queued. Called on the monitor's thread only.
 */
final class KernelEvents implements LinkListener {

    private final ControlSettings settings;
    private final Inventory inventory;
    private final DeviceIndex index;
    private final StatusBoard board;
    private final WorkQueue<Key> queue;
    private final ControlListener listener;

    KernelEvents(ControlSettings settings, Inventory inventory, DeviceIndex index, StatusBoard board, WorkQueue<Key> queue,
            ControlListener listener) {
        this.settings = settings;
        this.inventory = inventory;
        this.index = index;
        this.board = board;
        this.queue = queue;
        this.listener = listener;
    }

    @Override
    public void onChanged(Link link) {
        Set<Key> concerned = new LinkedHashSet<>();
        index.note(link).ifPresent(change -> collect(change, concerned));
        concerned.forEach(queue::add);
    }

    @Override
    public void onGone(LinkRef link) {
        Set<Key> concerned = new LinkedHashSet<>();
        index.noteGone(link.index()).ifPresent(change -> collect(change, concerned));
        // Whoever was refused because somebody else's device had the name may have it now.
        board.wanting(link.name()).forEach(domain -> concerned.add(new Key.Domain(domain)));
        concerned.forEach(queue::add);
    }

    @Override
    public void onOverrun() {
        listener.overrun();
        queue.add(new Key.Sweep());
    }

    private void collect(DeviceIndex.Change change, Set<Key> concerned) {
        change.before().ifPresent(link -> collectConcerned(link, change, concerned));
        change.after().ifPresent(link -> collectConcerned(link, change, concerned));
    }

    private void collectConcerned(Link link, DeviceIndex.Change change, Set<Key> concerned) {
        index.owner(link).ifPresent(domain -> concerned.add(new Key.Domain(domain)));
        for (Network network : settings.catalog().networks().values()) {
            boolean isBridge = link.isNamed(network.bridge());
            if (isBridge || network.userspace() && network.switchTap().equals(link.name())
                    || network.uplink().filter(u -> link.isNamed(u.device())).isPresent()) {
                concerned.add(new Key.Network(network.name()));
            }
            if (isBridge && change.mattersToPorts()) {
                collectDomainsOn(network.name(), concerned);
            }
        }
    }

    /** Also the domains that are being looked at for the first time, which may have read the device before it changed. */
    private void collectDomainsOn(String network, Set<Key> concerned) {
        for (DomainEntry entry : inventory.entries()) {
            DomainStatus status = board.domain(entry.id());
            if (status == null || status.nics().stream().anyMatch(nic -> network.equals(nic.network()))) {
                concerned.add(new Key.Domain(entry.id()));
            }
        }
    }
}
