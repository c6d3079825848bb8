package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.forward.Worker;
import io.tapwright.vswitch.posix.Fd;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which worker looks after which queue. The event loop's thread. */
public final class Switchboard implements Session.Peers {

    private final List<Worker> workers;
    private final Map<FromGuest, Worker> assigned = new HashMap<>();

    public Switchboard(List<Worker> workers) {
        this.workers = List.copyOf(workers);
    }

    @Override
    public void watch(FromGuest queue, Fd kick) {
        Worker worker = idlest();
        assigned.put(queue, worker);
        worker.add(queue, kick);
    }

    private Worker idlest() {
        Worker best = workers.getFirst();
        for (Worker worker : workers) {
            if (load(worker) < load(best)) {
                best = worker;
            }
        }
        return best;
    }

    private long load(Worker worker) {
        return assigned.values().stream().filter(w -> w == worker).count();
    }

    @Override
    public void unwatch(FromGuest queue) {
        Worker worker = assigned.remove(queue);
        if (worker != null) {
            worker.remove(queue);
        }
    }

    @Override
    public void announce(VhostPort port, long mac) {
        port.segment().addresses().learn(mac, port.number(), (int) (System.nanoTime() / 1_000_000_000L));
    }
}
