package io.tapwright.libvirt;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.Hypervisor;
import io.tapwright.model.domain.HypervisorListener;
import java.time.Duration;
import java.time.InstantSource;

/**
 * libvirt, by way of its client library. See the package for its threads and for what it needs of the JVM.
 *
 * <p>Any thread may call. The library has one event loop in a process: a second hypervisor in the same process waits with
 * connecting until the first is closed.
 */
public final class LibvirtHypervisor implements Hypervisor {

    /** Enough for a libvirtd that answers; one that does not is left to its daemon thread. */
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(3);

    private final LibvirtSettings settings;
    private final InstantSource clock;
    private final WorkQueue queue = new WorkQueue(System::nanoTime);
    private final EventLoop loop = new EventLoop(queue::problem);
    private Thread thread;
    private boolean closed;

    /** @param clock dates the changes of the connection's state */
    public LibvirtHypervisor(LibvirtSettings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /** @throws IllegalStateException the second time, or after {@link #close} */
    @Override
    public synchronized void start(HypervisorListener listener) {
        if (thread != null || closed) {
            throw new IllegalStateException("start listening to " + settings.uri() + ": was started or closed before");
        }
        thread = Thread.ofPlatform().daemon().name("libvirt")
                .start(new ConnectionKeeper(settings, clock, queue, loop, listener));
    }

    @Override
    public void refresh(DomainId id) {
        queue.read(id);
    }

    @Override
    public void refreshAll() {
        queue.listAll();
    }

    /**
     * True while libvirt's event loop turns, connected or not: the last tick of a timer in it is less than some seconds
     * old. Cheap, waits for nothing. False before the start, after {@link #close}, and where libvirt cannot be loaded.
     */
    public boolean eventLoopAlive() {
        return loop.isAlive();
    }

    /** Returns after five seconds at most, also while libvirtd hangs. No call of the listener begins after that. */
    @Override
    public void close() {
        Thread ending;
        synchronized (this) {
            closed = true;
            ending = thread;
        }
        queue.close();
        if (ending != null && ending != Thread.currentThread()) {
            try {
                ending.join(CLOSE_WAIT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        loop.close();
    }
}
