package io.tapwright.control;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkRef;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Taps that nothing wants any more, deleted together: what gathers while one deletion waits for the kernel goes with the
 * next. A name that is wanted again meanwhile is taken out, or waited for.
 *
 * <p>Any worker condemns and spares; the one that has the disposal's key carries out. Guarded by its own monitor.
 */
final class Disposal {

    private final HostNetwork host;
    private final Actor actor;
    private final DeviceIndex index;
    private final WorkQueue<Key> queue;
    private final Map<Integer, Link> condemned = new LinkedHashMap<>();
    private Set<InterfaceName> goingNow = Set.of();

    Disposal(HostNetwork host, Actor actor, DeviceIndex index, WorkQueue<Key> queue) {
        this.host = host;
        this.actor = actor;
        this.index = index;
        this.queue = queue;
    }

    /** Has a tap deleted soon, if then it still is what it is now and no process holds it open. */
    void condemn(Link tap) {
        synchronized (this) {
            condemned.put(tap.index(), tap);
        }
        queue.add(new Key.Disposal());
    }

    /** The device of this name is wanted: it is not deleted, or has been when this returns. */
    synchronized void spare(InterfaceName device) {
        boolean interrupted = false;
        while (goingNow.contains(device)) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        // Only now: what the kernel refused to delete has been condemned again.
        condemned.values().removeIf(tap -> tap.name().equals(device));
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** @throws HostNetworkException where the kernel refuses; what was to go is condemned again */
    Outcome carryOut() {
        List<Link> batch = take();
        try {
            List<LinkRef> going = batch.stream().filter(this::isStillSo).map(Link::ref).toList();
            if (!going.isEmpty()) {
                actor.apply(new HostAction.DeleteLinks(going));
            }
            return Outcome.DONE;
        } catch (HostNetworkException e) {
            putBack(batch);
            throw e;
        } finally {
            finish();
        }
    }

    private synchronized List<Link> take() {
        List<Link> batch = List.copyOf(condemned.values());
        condemned.clear();
        goingNow = batch.stream().map(Link::name).collect(Collectors.toUnmodifiableSet());
        return batch;
    }

    private synchronized void putBack(List<Link> batch) {
        batch.forEach(tap -> condemned.putIfAbsent(tap.index(), tap));
    }

    private synchronized void finish() {
        goingNow = Set.of();
        notifyAll();
    }

    private boolean isStillSo(Link tap) {
        Optional<Link> now = host.link(tap.index());
        return now.filter(link -> link.isTap() && !link.carrier() && link.name().equals(tap.name())
                && index.owner(link).isPresent() && index.owner(link).equals(index.owner(tap))).isPresent();
    }
}
