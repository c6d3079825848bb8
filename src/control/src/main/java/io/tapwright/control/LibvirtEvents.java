package io.tapwright.control;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.ConnectionState;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.Hypervisor;
import io.tapwright.model.domain.HypervisorListener;
import io.tapwright.model.status.LibvirtStatus;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** libvirt's side: takes note of what it says, and queues whom it concerns. Called on the hypervisor's thread only. */
final class LibvirtEvents implements HypervisorListener {

    private final Inventory inventory;
    private final DeviceIndex index;
    private final StatusBoard board;
    private final WorkQueue<Key> queue;
    private final Hypervisor hypervisor;
    private final Duration patience;
    private final ControlListener listener;
    private String lastDoubt = "";

    /** @param patience how long libvirt has to say that it has no domains before it is believed */
    LibvirtEvents(Inventory inventory, DeviceIndex index, StatusBoard board, WorkQueue<Key> queue, Hypervisor hypervisor,
            Duration patience, ControlListener listener) {
        this.inventory = inventory;
        this.index = index;
        this.board = board;
        this.queue = queue;
        this.hypervisor = hypervisor;
        this.patience = patience;
        this.listener = listener;
    }

    @Override
    public void onConnection(ConnectionState state) {
        if (!state.isConnected()) {
            inventory.onDisconnected();
        }
        board.putLibvirt(new LibvirtStatus(state.uri(), state.state().name().toLowerCase(Locale.ROOT),
                state.reason().isEmpty() ? null : state.reason(), state.since()));
    }

    @Override
    public void onListed(List<DomainReport> all, long startedNanos) {
        Optional<String> doubt = all.isEmpty()
                ? inventory.doubtEmptyList(index.anyHeld(), patience)
                : Optional.empty();
        doubt.filter(text -> !text.equals(lastDoubt)).ifPresent(listener::problem);
        lastDoubt = doubt.orElse("");
        if (doubt.isPresent()) {
            return;
        }
        boolean first = !inventory.isComplete();
        Map<DomainId, DomainEntry> before = byId();
        inventory.onListed(all, startedNanos).forEach(hypervisor::refresh);
        Map<DomainId, DomainEntry> after = byId();
        Set<DomainId> concerned = new HashSet<>(before.keySet());
        concerned.addAll(after.keySet());
        // A list that says nothing new is no reason to look at a thousand NICs: the timer's own sweep does that.
        concerned.removeIf(id -> before.containsKey(id) && after.containsKey(id) && before.get(id).saysTheSameAs(after.get(id)));
        concerned.forEach(id -> queue.add(new Key.Domain(id)));
        if (first || !concerned.isEmpty()) {
            queue.add(new Key.Sweep());
        }
    }

    private Map<DomainId, DomainEntry> byId() {
        return inventory.entries().stream().collect(Collectors.toMap(DomainEntry::id, entry -> entry));
    }

    @Override
    public void onDomain(DomainReport report) {
        if (inventory.onReport(report)) {
            queue.add(new Key.Domain(report.id()));
        } else {
            hypervisor.refresh(report.id());
        }
    }

    @Override
    public void onGone(DomainId id, long readStartedNanos) {
        if (inventory.onGone(id, readStartedNanos)) {
            queue.add(new Key.Domain(id));
        } else {
            hypervisor.refresh(id);
        }
    }

    @Override
    public void onUnreadable(DomainId id, String reason) {
        inventory.onUnreadable(id);
        listener.problem(reason);
    }

    @Override
    public void onProblem(String problem) {
        listener.problem(problem);
    }

    @Override
    public void onEvent(String name) {
        listener.libvirtEvent(name);
    }
}
