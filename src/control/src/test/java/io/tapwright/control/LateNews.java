package io.tapwright.control;

import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkListener;
import io.tapwright.model.host.LinkRef;
import java.util.ArrayList;
import java.util.List;

/** The kernel's notifications, kept back until the test lets them arrive, or lost. */
final class LateNews {

    private final List<Runnable> waiting = new ArrayList<>();
    private LinkListener listener;

    HostNetwork over(HostNetwork kernel) {
        return new ThroughHostNetwork(kernel) {
            @Override
            public AutoCloseable monitor(LinkListener newListener) {
                listener = newListener;
                return super.monitor(new LinkListener() {
                    @Override
                    public void onChanged(Link link) {
                        waiting.add(() -> newListener.onChanged(link));
                    }

                    @Override
                    public void onGone(LinkRef link) {
                        waiting.add(() -> newListener.onGone(link));
                    }

                    @Override
                    public void onOverrun() {
                        waiting.add(newListener::onOverrun);
                    }
                });
            }
        };
    }

    void arrive() {
        waiting.forEach(Runnable::run);
        waiting.clear();
    }

    void overrun() {
        waiting.clear();
        listener.onOverrun();
    }
}
