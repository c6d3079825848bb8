package io.tapwright.control;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkListener;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One thing that goes wrong at the kernel seam, once: the action of a number, or the read of a number, counted over all
 * lives of the agent. Where it is the agent's death, nothing that it does afterwards reaches the kernel any more.
 */
final class Fault {

    /** How it goes wrong. */
    sealed interface Kind {

        record None() implements Kind {
        }

        record Refusal(Errno errno) implements Kind {
        }

        record DeathBefore() implements Kind {
        }

        record DeathAfter() implements Kind {
        }
    }

    /** The end of a process, as nothing in it can see it coming. */
    static final class Death extends Error {
        private static final long serialVersionUID = 1;

        Death() {
            super("the process is gone", null, false, false);
        }
    }

    private final Kind kind;
    private final int at;
    private final boolean onReads;

    private int actions;
    private int reads;
    private final List<HostAction> seen = new ArrayList<>();
    private HostAction hit;

    private Fault(Kind kind, int at, boolean onReads) {
        this.kind = kind;
        this.at = at;
        this.onReads = onReads;
    }

    static Fault none() {
        return new Fault(new Kind.None(), -1, false);
    }

    static Fault onAction(int number, Kind kind) {
        return new Fault(kind, number, false);
    }

    static Fault onRead(int number, Kind kind) {
        return new Fault(kind, number, true);
    }

    List<HostAction> actions() {
        return seen;
    }

    int reads() {
        return reads;
    }

    /** The action that was hit; empty where none was, or it was a read. */
    Optional<HostAction> hit() {
        return Optional.ofNullable(hit);
    }

    boolean wasHit() {
        return onReads ? reads > at : actions > at;
    }

    @Override
    public String toString() {
        String what = switch (kind) {
            case Kind.None() -> "nothing";
            case Kind.Refusal(Errno errno) -> errno.toString();
            case Kind.DeathBefore() -> "death before";
            case Kind.DeathAfter() -> "death after";
        };
        return what + " at " + (onReads ? "read " : "action ") + at + (hit == null ? "" : " (" + hit + ")");
    }

    /** One life of the agent on this kernel. */
    HostNetwork life(HostNetwork kernel) {
        return new Life(kernel);
    }

    private final class Life implements HostNetwork {

        private final HostNetwork kernel;
        private boolean dead;

        private Life(HostNetwork kernel) {
            this.kernel = kernel;
        }

        @Override
        public Optional<Link> link(InterfaceName name) {
            return read("read device " + name, () -> kernel.link(name));
        }

        @Override
        public Optional<Link> link(int index) {
            return read("read device " + index, () -> kernel.link(index));
        }

        @Override
        public List<Link> links(Detail detail) {
            return read("dump devices", () -> kernel.links(detail));
        }

        @Override
        public List<Address> addresses(LinkRef link) {
            return read("read the addresses of " + link, () -> kernel.addresses(link));
        }

        @Override
        public List<Route> routes(LinkRef link) {
            return read("read the routes through " + link, () -> kernel.routes(link));
        }

        @Override
        public void apply(HostAction action) {
            live();
            boolean now = !onReads && actions++ == at;
            seen.add(action);
            if (!now) {
                kernel.apply(action);
                return;
            }
            hit = action;
            goWrong(action.toString(), () -> kernel.apply(action));
        }

        private <T> T read(String what, Supplier<T> read) {
            live();
            if (onReads && reads++ == at) {
                goWrong(what, () -> { });
            } else if (!onReads) {
                reads++;
            }
            return read.get();
        }

        private void goWrong(String operation, Runnable work) {
            switch (kind) {
                case Kind.None() -> work.run();
                case Kind.Refusal(Errno errno) -> throw new HostNetworkException(operation, errno);
                case Kind.DeathBefore() -> die();
                case Kind.DeathAfter() -> {
                    work.run();
                    die();
                }
            }
        }

        private void live() {
            if (dead) {
                throw new Death();
            }
        }

        private void die() {
            dead = true;
            throw new Death();
        }

        @Override
        public AutoCloseable monitor(LinkListener listener) {
            live();
            return kernel.monitor(new LinkListener() {
                @Override
                public void onChanged(Link link) {
                    if (!dead) {
                        listener.onChanged(link);
                    }
                }

                @Override
                public void onGone(LinkRef link) {
                    if (!dead) {
                        listener.onGone(link);
                    }
                }

                @Override
                public void onOverrun() {
                    if (!dead) {
                        listener.onOverrun();
                    }
                }
            });
        }

        @Override
        public void close() {
            // The kernel stays.
        }
    }
}
