package io.tapwright.testkit.net;

import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkListener;
import io.tapwright.model.host.LinkRef;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Keeps what it hears until a test asks for it. Any thread. */
public final class RecordingListener implements LinkListener {

    /** What was heard. */
    public sealed interface Heard {
        record Changed(Link link) implements Heard {
        }

        record Gone(LinkRef link) implements Heard {
        }

        record Overrun() implements Heard {
        }
    }

    private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();

    @Override
    public void onChanged(Link link) {
        heard.add(new Heard.Changed(link));
    }

    @Override
    public void onGone(LinkRef link) {
        heard.add(new Heard.Gone(link));
    }

    @Override
    public void onOverrun() {
        heard.add(new Heard.Overrun());
    }

    /** True where a change was heard of after which {@code wanted} is true; drops what was heard until then. */
    public boolean hears(Predicate<Link> wanted) {
        for (Heard next = heard.poll(); next != null; next = heard.poll()) {
            if (next instanceof Heard.Changed(Link link) && wanted.test(link)) {
                return true;
            }
        }
        return false;
    }

    /** Waits for something that {@code wanted} picks, dropping what comes before it; fails after 10 s. */
    public Heard await(Predicate<Heard> wanted) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            Heard next = heard.poll(left, TimeUnit.NANOSECONDS);
            if (next != null && wanted.test(next)) {
                return next;
            }
        }
        throw new AssertionError("not heard within 10 s");
    }

    /** Waits for a change of a device after which {@code wanted} is true of it. */
    public Link awaitChanged(Predicate<Link> wanted) throws InterruptedException {
        return ((Heard.Changed) await(h -> h instanceof Heard.Changed(Link link) && wanted.test(link))).link();
    }

    /** True where nothing waits to be asked for. */
    public boolean isEmpty() {
        return heard.isEmpty();
    }
}
