package io.tapwright.agent.health;

import io.tapwright.control.ControlPlane;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Beats while work gets done: a worker has taken a key, asked the kernel and come back, and libvirt's event loop turns.
 * Whether libvirt itself can be reached is no part of it: restarting the agent would not help.
 */
@ApplicationScoped
public class Heartbeat {

    private static final Duration PERIOD = Duration.ofSeconds(2);
    private static final Duration MOST_SILENCE = Duration.ofSeconds(12);

    private volatile long lastBeatNanos = System.nanoTime();
    private volatile boolean started;
    private volatile BooleanSupplier eventLoopAlive = () -> true;
    private volatile boolean probing;

    /** @param eventLoopAlive whether libvirt's event loop has turned lately */
    public void start(Vertx vertx, ControlPlane control, BooleanSupplier eventLoopAlive) {
        this.eventLoopAlive = eventLoopAlive;
        lastBeatNanos = System.nanoTime();
        started = true;
        vertx.setPeriodic(PERIOD.toMillis(), tick -> {
            if (!probing) {
                probing = true;
                control.probe().whenComplete((done, failure) -> {
                    probing = false;
                    if (failure == null) {
                        lastBeatNanos = System.nanoTime();
                    }
                });
            }
        });
    }

    public boolean isBeating() {
        return started && silence().compareTo(MOST_SILENCE) < 0 && eventLoopAlive.getAsBoolean();
    }

    /** Since the last proof of work. */
    public Duration silence() {
        return Duration.ofNanos(System.nanoTime() - lastBeatNanos);
    }
}
