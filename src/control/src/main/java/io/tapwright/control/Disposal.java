package io.tapwright.control;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkRef;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Taps that nothing wants any more, deleted together: a deletion begins once nothing has been condemned for a moment, and
 * what gathers while it waits for the kernel goes with the next. A name that is wanted again meanwhile is taken out, or
 * waited for.
 *
 * <p>Any worker condemns and spares; the one that has the disposal's key carries out. Guarded by its own monitor.
 */
final class Disposal {

    /** One deletion takes the kernel some 50 ms, however many devices it is of. */
    static final Duration QUIET = Duration.ofMillis(15);
    /** While more and more is condemned. */
    static final Duration LONGEST = Duration.ofMillis(500);

    private final HostNetwork host;
    private final Actor actor;
    private final DeviceIndex index;
    private final WorkQueue<Key> queue;
    private final LongSupplier nanoClock;
    private final Map<Integer, Link> condemned = new LinkedHashMap<>();
    private Set<InterfaceName> goingNow = Set.of();
    /** Since when there is something to gather, and no deletion keeps the workers from condemning more. */
    private long gatheringSinceNanos;
    private long lastCondemnedNanos;

    Disposal(HostNetwork host, Actor actor, DeviceIndex index, WorkQueue<Key> queue, LongSupplier nanoClock) {
        this.host = host;
        this.actor = actor;
        this.index = index;
        this.queue = queue;
        this.nanoClock = nanoClock;
    }

    /** Has a tap deleted soon, if then it still is what it is now and no process holds it open. */
    void condemn(Link tap) {
        synchronized (this) {
            lastCondemnedNanos = nanoClock.getAsLong();
            if (condemned.isEmpty()) {
                gatheringSinceNanos = lastCondemnedNanos;
            }
            condemned.put(tap.index(), tap);
        }
        queue.addAfter(new Key.Disposal(), QUIET);
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
        Duration rest = untilGathered();
        if (rest.isPositive()) {
            return new Outcome.LookAgain(rest);
        }
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

    private synchronized Duration untilGathered() {
        long now = nanoClock.getAsLong();
        return condemned.isEmpty() ? Duration.ZERO : Duration.ofNanos(
                Math.min(lastCondemnedNanos + QUIET.toNanos() - now, gatheringSinceNanos + LONGEST.toNanos() - now));
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
        gatheringSinceNanos = nanoClock.getAsLong();
        notifyAll();
    }

    private boolean isStillSo(Link tap) {
        Optional<Link> now = host.link(tap.index());
        return now.filter(link -> link.isTap() && !link.carrier() && link.name().equals(tap.name())
                && index.owner(link).isPresent() && index.owner(link).equals(index.owner(tap))).isPresent();
    }
}
