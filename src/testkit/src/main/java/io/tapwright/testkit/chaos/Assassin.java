package io.tapwright.testkit.chaos;

import java.time.Duration;
import java.util.Random;

/**
 * Kills the agent again and again: half of the times while it starts, half while it works; and starts it again, at once
 * or after a while in which things happen without it. Its thread does that while it is let loose.
 */
final class Assassin implements AutoCloseable {

    /** An agent is ready after about two seconds, so most of these find it starting. */
    private static final int STARTING_MILLIS = 2500;

    private final Victim victim;
    private final Random random;
    private final Duration working;
    private final Thread thread;
    private boolean loose;
    private boolean closed;
    private int kills;
    private int killsBeforeReady;

    /** @param working how long, at most, one that is not killed early is let live */
    Assassin(Victim victim, Random random, Duration working) {
        this.victim = victim;
        this.random = random;
        this.working = working;
        this.thread = Thread.ofPlatform().name("assassin").daemon().unstarted(this::run);
        thread.start();
    }

    synchronized void letLoose() {
        loose = true;
        notifyAll();
    }

    /** Returns when no kill is under way; the agent then has a process. */
    synchronized void hold() {
        loose = false;
        notifyAll();
    }

    synchronized int kills() {
        return kills;
    }

    synchronized int killsBeforeReady() {
        return killsBeforeReady;
    }

    private synchronized void run() {
        try {
            while (!closed) {
                if (!loose) {
                    wait();
                    continue;
                }
                long delay = random.nextBoolean() ? 20 + random.nextInt(STARTING_MILLIS) : random.nextLong(working.toMillis());
                long down = random.nextInt(3) == 0 ? random.nextInt(1500) : 0;
                if (pause(delay)) {
                    killAndRestart(down);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The agent is started again whatever else happens. */
    private void killAndRestart(long down) throws InterruptedException {
        synchronized (victim) {
            if (!victim.isReady()) {
                killsBeforeReady++;
            }
            victim.kill();
        }
        kills++;
        try {
            if (down > 0) {
                pause(down);
            }
        } finally {
            victim.start();
        }
    }

    /** False where it was called back meanwhile. */
    private boolean pause(long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        while (loose && !closed) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return true;
            }
            wait(left);
        }
        return false;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join(Duration.ofSeconds(60));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
