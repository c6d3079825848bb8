package io.tapwright.control;

import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkListener;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.DomainStatus;

/** The kernel's side: takes note of what changed, and queues whom it concerns. Called on the monitor's thread only. */
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
        index.note(link).ifPresent(this::queueConcerned);
    }

    @Override
    public void onGone(LinkRef link) {
        index.noteGone(link.index()).ifPresent(this::queueConcerned);
        // Whoever was refused because somebody else's device had the name may have it now.
        board.wanting(link.name()).forEach(domain -> queue.add(new Key.Domain(domain)));
    }

    @Override
    public void onOverrun() {
        listener.overrun();
        queue.add(new Key.Sweep());
    }

    private void queueConcerned(DeviceIndex.Change change) {
        change.before().ifPresent(link -> queueOwner(link, change));
        change.after().ifPresent(link -> queueOwner(link, change));
    }

    private void queueOwner(Link link, DeviceIndex.Change change) {
        index.owner(link).ifPresent(domain -> queue.add(new Key.Domain(domain)));
        for (Network network : settings.catalog().networks().values()) {
            boolean isBridge = network.bridge().equals(link.name());
            if (isBridge || network.uplink().filter(u -> u.device().equals(link.name())).isPresent()) {
                queue.add(new Key.Network(network.name()));
            }
            if (isBridge && change.mattersToPorts()) {
                queueDomainsOn(network.name());
            }
        }
    }

    /** Also the domains that are being looked at for the first time, which may have read the device before it changed. */
    private void queueDomainsOn(String network) {
        for (DomainEntry entry : inventory.entries()) {
            DomainStatus status = board.domain(entry.id());
            if (status == null || status.nics().stream().anyMatch(nic -> network.equals(nic.network()))) {
                queue.add(new Key.Domain(entry.id()));
            }
        }
    }
}
