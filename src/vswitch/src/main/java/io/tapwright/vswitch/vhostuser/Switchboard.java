package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.forward.Announcement;
import io.tapwright.vswitch.forward.Workers;
import io.tapwright.vswitch.posix.Fd;

/** What the sessions of all guests have in common. The event loop's thread. */
public final class Switchboard implements Session.Peers {

    private final Workers workers;

    public Switchboard(Workers workers) {
        this.workers = workers;
    }

    @Override
    public void watch(FromGuest queue, Fd kick) {
        workers.add(queue, kick);
    }

    @Override
    public void unwatch(FromGuest queue) {
        workers.remove(queue);
    }

    @Override
    public void announce(VhostPort port, long mac) {
        Announcement.send(port.segment(), port.number(), mac);
    }
}
