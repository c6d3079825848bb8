package io.tapwright.vswitch.posix;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One thread that waits for descriptors and times. {@link #execute} and {@link #call} are for any thread, all else for its
 * own.
 */
public final class EventLoop implements AutoCloseable {

    private static final int MOST_READY = 64;
    private static final long WAKE = 0;

    private final Epoll epoll = new Epoll(MOST_READY);
    private final Fd wake = EventFd.create();
    private final EventFd events = new EventFd();
    private final Consumer<Throwable> onFailure;
    private final Map<Long, Runnable> handlers = new HashMap<>();
    private final Map<Fd, Long> keys = new HashMap<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>((a, b) -> Long.signum(a.atNanos - b.atNanos));
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final CallingThread thread;
    private long lastKey = WAKE;
    private volatile boolean closed;

    /** Something that is to be done at a time; {@link #cancel} on the loop's thread. */
    public static final class Timer {
        private final long atNanos;
        private Runnable task;

        private Timer(long atNanos, Runnable task) {
            this.atNanos = atNanos;
            this.task = task;
        }

        public void cancel() {
            task = () -> { };
        }
    }

    /** @param onFailure hears what a handler or task threw, which ends nothing but that */
    public EventLoop(String name, Consumer<Throwable> onFailure) {
        this.onFailure = onFailure;
        epoll.add(wake, WAKE);
        thread = new CallingThread(name, this::run);
    }

    public void start() {
        thread.start();
    }

    public CallingThread thread() {
        return thread;
    }

    public void execute(Runnable task) {
        tasks.add(task);
        synchronized (events) {
            events.signal(wake.number());
        }
    }

    /** Has the loop do something, and waits for it; not from the loop itself. */
    public <T> T call(Supplier<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        execute(() -> {
            try {
                result.complete(task.get());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result.join();
    }

    /** Calls {@code handler} whenever {@code input} has something to read, until {@link #unwatch}. */
    public void watch(Fd input, Runnable handler) {
        long key = ++lastKey;
        epoll.add(input, key);
        handlers.put(key, handler);
        keys.put(input, key);
    }

    /** Before the descriptor is closed. */
    public void unwatch(Fd input) {
        Long key = keys.remove(input);
        if (key != null) {
            handlers.remove(key);
            epoll.remove(input);
        }
    }

    public Timer after(Duration delay, Runnable task) {
        Timer timer = new Timer(System.nanoTime() + delay.toNanos(), task);
        timers.add(timer);
        return timer;
    }

    private void run() {
        while (!closed) {
            int ready = epoll.await(timeoutMillis());
            for (int i = 0; i < ready; i++) {
                long key = epoll.data(i);
                if (key == WAKE) {
                    events.drain(wake.number());
                } else {
                    Runnable handler = handlers.get(key);
                    if (handler != null) {
                        guarded(handler);
                    }
                }
            }
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                guarded(task);
            }
            while (!timers.isEmpty() && timers.peek().atNanos - System.nanoTime() <= 0) {
                guarded(timers.poll().task);
            }
        }
    }

    private int timeoutMillis() {
        if (!tasks.isEmpty()) {
            return 0;
        }
        if (timers.isEmpty()) {
            return -1;
        }
        long nanos = Math.max(0, timers.peek().atNanos - System.nanoTime());
        return (int) Math.min(nanos / 1_000_000 + 1, Integer.MAX_VALUE);
    }

    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (Throwable e) {
            // An Error too: without this thread whoever calls it waits for ever.
            onFailure.accept(e);
        }
    }

    @Override
    public void close() {
        closed = true;
        execute(() -> { });
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        epoll.close();
        wake.close();
    }
}
