package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.posix.Fd;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which worker looks after which source: the one that has the fewest when the source comes. The loop's. */
public final class Workers {

    private final List<Worker> workers;
    private final Map<Source, Worker> assigned = new HashMap<>();

    public Workers(List<Worker> workers) {
        this.workers = List.copyOf(workers);
    }

    /** @param calls see {@link Worker#add} */
    public void add(Source source, Fd calls) {
        Worker worker = idlest();
        assigned.put(source, worker);
        worker.add(source, calls);
    }

    /** Before {@code calls} is closed; one that was not added is as good as removed. */
    public void remove(Source source) {
        Worker worker = assigned.remove(source);
        if (worker != null) {
            worker.remove(source);
        }
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
}
