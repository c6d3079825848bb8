package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.frame.FrameBatch;

/** What a worker does with a source, without its thread. Nothing is caught. */
public final class Carrier {

    private final FrameBatch batch = new FrameBatch();
    private final Forwarder forwarder = new Forwarder();

    /** Carries one batch; true if there was any. */
    public boolean carry(Source source) {
        if (!source.receive(batch)) {
            return false;
        }
        forwarder.forward(source.segment(), source.port(), source.offloads(), source.drops(), batch, 1);
        source.giveBack(batch);
        batch.clear();
        return true;
    }
}
