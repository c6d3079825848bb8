package io.tapwright.testkit.net;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkListener;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A kernel in memory: the same rules and the same refusals as the real one (both pass {@code HostNetworkContract}), and
 * a test's hands on what happens outside of Tapwright: devices of others, a QEMU that holds a tap, an operator that
 * deletes one, a kernel that refuses. Any thread; listeners are called on the thread that made the change, after it is
 * done and with no lock held.
 */
public final class FakeHostNetwork implements HostNetwork {

    private final Object lock = new Object();
    private final FakeKernel kernel = new FakeKernel();
    private final List<LinkListener> listeners = new CopyOnWriteArrayList<>();
    private final List<HostAction> applied = new CopyOnWriteArrayList<>();
    private final List<Fault> faults = new CopyOnWriteArrayList<>();

    private record Fault(Predicate<HostAction> which, Errno errno) {
    }

    @Override
    public Optional<Link> link(InterfaceName name) {
        synchronized (lock) {
            return kernel.find(name.text()).map(d -> kernel.snapshot(d, false));
        }
    }

    @Override
    public Optional<Link> link(int index) {
        synchronized (lock) {
            return kernel.find(index).map(d -> kernel.snapshot(d, false));
        }
    }

    @Override
    public List<Link> links(Detail detail) {
        synchronized (lock) {
            return kernel.all().stream().map(d -> kernel.snapshot(d, detail == Detail.COUNTERS)).toList();
        }
    }

    @Override
    public List<Address> addresses(LinkRef link) {
        synchronized (lock) {
            return List.copyOf(kernel.require(link, "read the addresses of " + link).addresses);
        }
    }

    @Override
    public List<Route> routes(LinkRef link) {
        synchronized (lock) {
            return kernel.require(link, "read the routes through " + link).allRoutes();
        }
    }

    @Override
    public void apply(HostAction action) {
        for (Fault fault : faults) {
            if (fault.which.test(action)) {
                throw new HostNetworkException(action.toString(), fault.errno, "refused by the test");
            }
        }
        changing(() -> {
            carryOut(action);
            applied.add(action);
            return action;
        });
    }

    private void carryOut(HostAction action) {
        switch (action) {
            case HostAction.CreateTap tap -> kernel.createTap(tap);
            case HostAction.ChangeLink(LinkRef link, LinkChange change) ->
                    kernel.change(kernel.require(link, action.toString()), change, operation(link, change, action));
            case HostAction.DeleteLink(LinkRef link) -> kernel.delete(link);
            case HostAction.DeleteLinks(List<LinkRef> links) -> links.forEach(kernel::delete);
            case HostAction.RenameLink(LinkRef link, InterfaceName name) ->
                    kernel.rename(kernel.require(link, action.toString()), name, action.toString());
            case HostAction.CreateBridge bridge -> kernel.createBridge(bridge);
            case HostAction.AddAddress(LinkRef link, Address address) ->
                    kernel.addAddress(kernel.require(link, action.toString()), address);
            case HostAction.RemoveAddress(LinkRef link, Address address) ->
                    kernel.removeAddress(kernel.require(link, action.toString()), address);
            case HostAction.AttachUplink attach -> attachUplink(attach);
            case HostAction.DetachUplink detach -> detachUplink(detach);
        }
    }

    private String operation(LinkRef link, LinkChange change, HostAction action) {
        int master = change.master().orElse(Link.NO_MASTER);
        return master == Link.NO_MASTER ? action.toString()
                : "attach " + link + " to " + kernel.find(master).map(d -> d.name.text()).orElse("index " + master);
    }

    private void attachUplink(HostAction.AttachUplink action) {
        FakeDevice uplink = kernel.require(action.uplink(), action.toString());
        FakeDevice bridge = kernel.require(action.bridge(), action.toString());
        if (uplink.master != Link.NO_MASTER && uplink.master != bridge.index) {
            throw new HostNetworkException(action.toString(), Errno.EBUSY, "Device is already a port of another device");
        }
        List<String> before = List.copyOf(uplink.altNames);
        try {
            action.altNames().stream().filter(name -> !before.contains(name))
                    .forEach(name -> kernel.addAltName(uplink, name, action.toString()));
            kernel.change(uplink, LinkChange.NONE.master(bridge.index), action.toString());
        } catch (HostNetworkException e) {
            uplink.altNames.retainAll(before);
            throw e;
        }
        kernel.moveLayer3(uplink, bridge, action.addresses(), action.routes());
    }

    private void detachUplink(HostAction.DetachUplink action) {
        FakeDevice uplink = kernel.require(action.uplink(), action.toString());
        kernel.find(action.bridge().index()).ifPresent(
                bridge -> kernel.moveLayer3(bridge, uplink, action.addresses(), action.routes()));
        if (uplink.master == action.bridge().index()) {
            kernel.change(uplink, LinkChange.NONE.master(Link.NO_MASTER), action.toString());
        }
        uplink.altNames.removeAll(action.altNames());
    }

    @Override
    public AutoCloseable monitor(LinkListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() {
        listeners.clear();
    }

    /** Makes a device that is none of Tapwright's, as another program would; a veth, say, or with kind "" hardware. */
    public Link addForeign(InterfaceName name, String kind) {
        return changing(() -> kernel.snapshot(kernel.addDevice(name, kind), false));
    }

    /** Makes a VLAN, say, on top of a device; it goes with it. */
    public Link addForeignOn(InterfaceName lower, InterfaceName name, String kind) {
        return changing(() -> {
            FakeDevice device = kernel.addDevice(name, kind);
            device.lower = require(lower, "create " + name + " on " + lower).index;
            return kernel.snapshot(device, false);
        });
    }

    /** Does what any other program on the host may do; faults do not apply and {@link #applied()} does not list it. */
    public void applyAsOther(HostAction action) {
        changing(() -> {
            carryOut(action);
            return action;
        });
    }

    /** Gives a device another name, as {@code ip link set dev X name Y} does. */
    public void rename(InterfaceName from, InterfaceName to) {
        changing(() -> {
            kernel.rename(require(from, "rename " + from), to, "rename " + from + " to " + to);
            return to;
        });
    }

    /** Gives a device an alternative name, as {@code ip link property add} does. */
    public void addAltName(InterfaceName name, String altName) {
        changing(() -> {
            kernel.addAltName(require(name, "name " + name), altName, "name " + name + " " + altName + " too");
            return altName;
        });
    }

    /** A QEMU opens the tap: its carrier comes on until {@link #release} was called as often. */
    public void hold(InterfaceName name) {
        changing(() -> {
            FakeDevice tap = tap(name, "open tap " + name);
            tap.hold();
            kernel.change(tap, LinkChange.NONE, "open tap " + name);
            return name;
        });
    }

    /** The QEMU is gone. A tap that was deleted meanwhile is no error. */
    public void release(InterfaceName name) {
        changing(() -> {
            kernel.find(name.text()).filter(FakeDevice::isTap).ifPresent(tap -> {
                tap.release();
                kernel.change(tap, LinkChange.NONE, "close tap " + name);
            });
            return name;
        });
    }

    /** A route as an operator would add it. */
    public void addRoute(InterfaceName name, Route route) {
        synchronized (lock) {
            require(name, "add a route through " + name).routes.add(route);
        }
    }

    public void setCounters(InterfaceName name, Link.Counters counters) {
        synchronized (lock) {
            require(name, "set the counters of " + name).counters = counters;
        }
    }

    /** From now on every action that {@code which} picks fails with {@code errno}, until {@link #relent()}. */
    public void refuse(Predicate<HostAction> which, Errno errno) {
        faults.add(new Fault(which, errno));
    }

    /** Takes all of {@link #refuse} back. */
    public void relent() {
        faults.clear();
    }

    /** Every action that was carried out, in order. */
    public List<HostAction> applied() {
        return List.copyOf(applied);
    }

    /** Tells the monitors that notifications were lost. */
    public void overrun() {
        listeners.forEach(LinkListener::onOverrun);
    }

    private FakeDevice require(InterfaceName name, String operation) {
        return kernel.find(name.text()).orElseThrow(() -> new HostNetworkException(operation, Errno.ENODEV));
    }

    private FakeDevice tap(InterfaceName name, String operation) {
        FakeDevice device = require(name, operation);
        if (!device.isTap()) {
            throw new HostNetworkException(operation, Errno.EINVAL);
        }
        return device;
    }

    private <T> T changing(Supplier<T> change) {
        List<Runnable> notices = new ArrayList<>();
        try {
            synchronized (lock) {
                try {
                    return change.get();
                } finally {
                    for (LinkRef link : kernel.takeChanged()) {
                        Optional<Link> now = kernel.find(link.index()).map(d -> kernel.snapshot(d, false));
                        notices.add(() -> listeners.forEach(l -> now.ifPresentOrElse(l::onChanged, () -> l.onGone(link))));
                    }
                }
            }
        } finally {
            notices.forEach(Runnable::run);
        }
    }
}
